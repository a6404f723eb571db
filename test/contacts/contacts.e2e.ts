import { CONTACT_LIST } from '../../src/contacts/contact-list.js';
import { TestTenant } from '../support/tenant.js';
import { type Contact, ContactLab } from './contact-lab.js';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('one contact', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let lab: ContactLab;
  beforeAll(async () => {
    const without = { withoutNumber: true };
    [tenant, stranger] = await Promise.all([TestTenant.create(without), TestTenant.create(without)]);
    lab = new ContactLab(tenant);
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const full = async () => ({
    ...lab.body({ phone: '+20 (100) 000-0001' }),
    email: 'Mona@Example.com',
    company: 'Little Shop',
    description: 'Asked for the catalogue.\nTwice.',
    city: 'Cairo',
    state: 'Cairo Governorate',
    zip: '11511',
    address: '6 Tahrir Square',
    country_id: 818,
    assigned_id: tenant.defaults.assigneeId,
    groups: [await lab.group('VIP'), await lab.group('Press')],
  });

  it('is created with every documented field, read again, and read with what belongs to it', async () => {
    const body = await full();
    const { status, body: answer } = await tenant.api.json('POST', 'contacts', { ...body, is_opted_out: true });
    const made = answer.data as unknown as Contact;
    expect({ status, message: answer.message }).toEqual({ status: 201, message: 'Contact created successfully' });
    expect(Object.keys(made)).toEqual([...CONTACT_LIST.fields, 'groups']);
    const { groups, ...sent } = body;
    expect(made).toMatchObject({ ...sent, phone: '201000000001', group_id: groups, is_opted_out: false });
    expect(made.groups?.map((group) => [group.id, group.name])).toEqual([
      [groups[0], 'VIP'],
      [groups[1], 'Press'],
    ]);
    expect(made.created_at).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    const plain = { ...made };
    delete plain.groups;
    const got = await tenant.api.request('GET', `/api/v2/contacts/${made.id}`);
    expect(got).toMatchObject({ status: 200, body: { message: 'Contact retrieved successfully' } });
    expect(got.body.data).toEqual(plain);
    const whole = await tenant.api.request('GET', `/api/v2/contacts/${made.id}?include=groups,source, status`);
    expect(whole.body.data).toMatchObject({
      groups: made.groups,
      source: { id: tenant.defaults.sourceId, name: 'API' },
      status: { id: tenant.defaults.statusId, name: 'New', color: null },
    });
    for (const include of ['staff', 'groups,staff', ',', 'groups&include=status']) {
      expect(await tenant.api.request('GET', `/api/v2/contacts/${made.id}?include=${include}`)).toMatchObject({
        status: 422,
        body: { error: { details: { include: ['may name groups, source, status'] } } },
      });
    }
  });

  it('needs six fields only; the others are null or empty', async () => {
    expect(await lab.create({ phone: '201000000002' })).toMatchObject({
      company: null,
      email: null,
      description: null,
      city: null,
      state: null,
      zip: null,
      address: null,
      country_id: null,
      assigned_id: null,
      group_id: [],
      groups: [],
    });
  });

  it('is changed field by field; null empties, groups replaces, what is absent stays', async () => {
    const groups = [await lab.group('One'), await lab.group('Two'), await lab.group('Three')];
    const made = await lab.create({
      phone: '201000000003',
      email: 'a@b.example',
      city: 'Giza',
      groups: groups.slice(0, 2),
    });
    const patch = async (body: unknown) => (await lab.update(made.id, body)).body.data;
    expect(await lab.update(made.id, { lastname: 'Said', type: 'customer', city: null })).toMatchObject({
      status: 200,
      body: {
        message: 'Contact updated successfully',
        data: { lastname: 'Said', type: 'customer', city: null, email: 'a@b.example', group_id: groups.slice(0, 2) },
      },
    });
    expect(await patch({ groups: [groups[2], groups[2], groups[1]] })).toMatchObject({
      group_id: [groups[1], groups[2]],
      groups: [{ name: 'Two' }, { name: 'Three' }],
    });
    expect(await patch({ groups: [] })).toMatchObject({ group_id: [], lastname: 'Said' });
    expect(await patch({})).toMatchObject({ lastname: 'Said', phone: '201000000003' });
    // Its own phone and e-mail are no duplicates.
    expect(await patch({ phone: '+20 100 0000003', email: 'A@B.example' })).toMatchObject({ email: 'A@B.example' });
    expect((await lab.update(made.id, { firstname: null, phone: null, source_id: null })).body.error?.details).toEqual({
      firstname: ['firstname is required'],
      phone: ['phone must be a string'],
      source_id: ['source_id must be an integer'],
    });
  });

  it('has a phone that nobody else has, however it is written', async () => {
    await lab.create({ phone: '201000000010' });
    const other = await lab.create({ phone: '201000000011' });
    const taken = {
      status: 422,
      body: { error: { details: { phone: ['Another contact has this phone already.'] } } },
    };
    for (const phone of [
      '+20 100 000 0010',
      '201000000010',
      '0020 100 000 0010',
      '+20-100-000-0010',
      '(20)1000000010',
    ]) {
      expect(await lab.post({ phone })).toMatchObject(taken);
      expect(await lab.update(other.id, { phone })).toMatchObject(taken);
    }
  });

  it('has an e-mail that nobody else has, whatever its case; another tenant may have both', async () => {
    await lab.create({ phone: '201000000020', email: 'only@example.com' });
    const taken = {
      status: 422,
      body: { error: { details: { email: ['Another contact has this e-mail already.'] } } },
    };
    expect(await lab.post({ phone: '201000000021', email: 'ONLY@Example.com' })).toMatchObject(taken);
    const both = (await lab.post({ phone: '201000000020', email: 'Only@example.com' })).body.error?.details;
    expect(Object.keys(both ?? {}).sort()).toEqual(['email', 'phone']);
    const strangers = new ContactLab(stranger);
    expect(await strangers.create({ phone: '201000000020', email: 'only@example.com' })).toMatchObject({
      email: 'only@example.com',
    });
  });

  it('is one of 50 that want its phone, or its e-mail, at once', async () => {
    for (const same of [{ phone: '201000000030' }, { email: 'race@example.com' }]) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => lab.post({ phone: `2010000003${31 + n}`, ...same })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      const field = Object.keys(same)[0] ?? '';
      for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
        expect({ status, fields: Object.keys(body.error?.details ?? {}) }).toEqual({ status: 422, fields: [field] });
      }
    }
  });

  it('answers 404 for an unknown id, what is no integer, and a contact of another tenant', async () => {
    const theirs = await new ContactLab(stranger).existing();
    for (const id of [theirs, 2_147_483_647, 999_999_999_999_999, 'x', '1.5', '-1']) {
      for (const [method, body] of [['GET'], ['PATCH', { firstname: 'Changed' }], ['DELETE']] as const) {
        const answer = body
          ? await tenant.api.json(method, `contacts/${id}`, body)
          : await tenant.api.request(method, `/api/v2/contacts/${id}`);
        expect({ id, method, status: answer.status }).toEqual({ id, method, status: 404 });
      }
    }
    expect((await stranger.api.request('GET', `/api/v2/contacts/${theirs}`)).body.data).toMatchObject({
      firstname: 'Mona',
    });
  });

  it('wants contacts:read, contacts:write and contacts:delete', async () => {
    const calls = [
      ['GET', 'contacts', 'read'],
      ['GET', 'contacts/1', 'read'],
      ['POST', 'contacts', 'write'],
      ['POST', 'contacts/batch', 'write'],
      ['PATCH', 'contacts/1', 'write'],
      ['DELETE', 'contacts/1', 'delete'],
      ['DELETE', 'contacts/batch', 'delete'],
    ] as const;
    for (const right of ['read', 'write', 'delete']) {
      const own = await TestTenant.create({ withoutNumber: true, scopes: [`contacts:${right}`] });
      for (const [method, path, wanted] of calls) {
        const { status } = await own.api.request(method, `/api/v2/${path}`);
        expect({ right, method, path, refused: status === 403 }).toEqual({
          right,
          method,
          path,
          refused: wanted !== right,
        });
      }
      await own.close();
    }
  });

  it('is created from a form, too', async () => {
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries(lab.body({ phone: '201000000050' }))) fields.append(name, String(value));
    fields.append('groups[]', String(await lab.group('By form')));
    const { status, body } = await tenant.api.request('POST', '/api/v2/contacts', {
      body: fields.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect({ status, groups: (body.data?.groups as { name: string }[])[0]?.name }).toEqual({
      status: 201,
      groups: 'By form',
    });
  });
});
