import { TestTenant } from '../support/tenant.js';
import { ContactLab } from './contact-lab.js';

/** Real processes: API, Postgres, Redis. */
describe('the fields of a contact', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let lab: ContactLab;
  beforeAll(async () => {
    const without = { withoutNumber: true };
    [tenant, stranger] = await Promise.all([TestTenant.create(without), TestTenant.create(without)]);
    lab = new ContactLab(tenant);
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  it('is refused by every wrong field at once', async () => {
    expect((await tenant.api.json('POST', 'contacts', {})).body.error).toEqual({
      code: 'VALIDATION_ERROR',
      message: 'The given data was invalid',
      details: {
        firstname: ['firstname is required'],
        lastname: ['lastname is required'],
        phone: ['phone must be a string'],
        type: ['type must be one of lead, customer, guest'],
        source_id: ['source_id must be an integer'],
        status_id: ['status_id must be an integer'],
      },
    });
  });

  it.each([
    ['firstname', 7],
    ['firstname', ' '],
    ['firstname', 'a\0b'],
    ['firstname', 'é'.repeat(256)],
    ['lastname', ['Ali']],
    ['lastname', 'é'.repeat(256)],
    ['phone', 201000000099],
    ['phone', '12'],
    ['phone', '+20 (100)  000-00-999'],
    ['type', 'friend'],
    ['type', ['lead']],
    ['source_id', 1.5],
    ['source_id', 'x'],
    ['source_id', '2147483648'],
    ['source_id', 0],
    ['status_id', true],
    ['status_id', { id: 1 }],
    ['email', 'nobody'],
    ['email', 7],
    ['email', `${'a'.repeat(180)}@example.com`],
    ['company', 'é'.repeat(256)],
    ['company', {}],
    ['description', 7],
    ['description', 'é'.repeat(65_536)],
    ['city', 7],
    ['state', ['Cairo']],
    ['zip', 11511],
    ['address', { street: 'Tahrir Square' }],
    ['country_id', 'Egypt'],
    ['country_id', 0],
    ['assigned_id', 1.5],
    ['city', 'é'.repeat(256)],
    ['state', 'é'.repeat(256)],
    ['zip', '1'.repeat(21)],
    ['address', 'é'.repeat(501)],
    ['country_id', -1],
    ['country_id', 1000],
    ['assigned_id', 'Nour'],
    ['groups', 4],
    ['groups', ['x']],
    ['groups', [1.5]],
    ['groups', Array.from({ length: 1001 }, (_, index) => index + 1)],
  ])('is refused with %s %j, on create and on update', async (field, value) => {
    const made = await lab.existing();
    for (const answer of [
      await lab.post({ phone: '201000000098', [field]: value }),
      await lab.update(made, { [field]: value }),
    ]) {
      expect({ status: answer.status, fields: Object.keys(answer.body.error?.details ?? {}) }).toEqual({
        status: 422,
        fields: [field],
      });
    }
  });

  it('takes the longest texts', async () => {
    const e = (count: number) => 'é'.repeat(count);
    const longest = {
      firstname: e(255),
      lastname: e(255),
      company: e(255),
      city: e(255),
      state: e(255),
      zip: '1'.repeat(20),
      address: e(500),
      description: e(65_535),
      country_id: 999,
      email: `${'a'.repeat(64)}@${'b'.repeat(62)}.${'c'.repeat(60)}.com`.slice(0, 191),
    };
    expect(await lab.create({ phone: '+20 (100)  000-00-97', ...longest })).toMatchObject(longest);
  });

  it('may name up to 1,000 groups', async () => {
    const groups = [await lab.group('First of 1,000'), ...Array.from({ length: 999 }, (_, n) => 2_000_000_000 + n)];
    const { status, body } = await lab.post({ phone: '201000000060', groups });
    expect({ status, fields: Object.keys(body.error?.details ?? {}) }).toEqual({
      status: 422,
      fields: groups.slice(1).map((_, index) => `groups.${index + 1}`),
    });
  });

  it("refuses another tenant's source, status, assignee and groups, each on its field", async () => {
    const { sourceId, statusId, assigneeId } = stranger.defaults;
    const group = await new ContactLab(stranger).group('Theirs');
    const theirs = {
      source_id: sourceId,
      status_id: statusId,
      assigned_id: assigneeId,
      groups: [await lab.group('Ours'), group, 2_147_483_647],
    };
    const details = {
      source_id: ['There is no such source.'],
      status_id: ['There is no such status.'],
      assigned_id: ['There is no such member of your staff.'],
      'groups.1': ['There is no such group.'],
      'groups.2': ['There is no such group.'],
    };
    expect((await lab.post({ phone: '201000000040', ...theirs })).body.error?.details).toEqual(details);
    expect((await lab.update(await lab.existing(), theirs)).body.error?.details).toEqual(details);
  });
});
