import { TestTenant } from '../support/tenant.js';
import { type Contact, ContactLab } from './contact-lab.js';

interface Batch {
  success: boolean;
  summary: { total: number; created: number; skipped: number; failed: number };
  created: Contact[];
  skipped: { index: number; reason: string; data: unknown }[];
  errors: { index: number; code: string; message: string; details: Record<string, string[]>; data: unknown }[];
}

const phoneOf = (n: number): string => `2012${String(n).padStart(8, '0')}`;

/** Real processes: API, Postgres, Redis. */
describe('/contacts/batch', () => {
  let tenant: TestTenant;
  let lab: ContactLab;
  beforeEach(async () => {
    tenant = await TestTenant.create({ withoutNumber: true });
    lab = new ContactLab(tenant);
  });
  afterEach(() => tenant.close());

  const resultOf = async (contacts: unknown, options?: unknown): Promise<Batch> => {
    const answer = await lab.batch(contacts, options);
    expect(answer).toMatchObject({ status: 200, body: { message: 'Batch create completed successfully' } });
    return answer.body.data as unknown as Batch;
  };
  const phones = async (): Promise<string[]> =>
    (
      await tenant.rows<{ phone: string }>('SELECT phone FROM contacts WHERE tenant_id = $1 ORDER BY phone', [
        tenant.id,
      ])
    ).map(({ phone }) => phone);

  it('creates 1,000 in the order given, counts them, and deletes them again', async () => {
    const given = Array.from({ length: 1000 }, (_, n) => lab.body({ phone: phoneOf(9999 - n), firstname: `N${n}` }));
    const { success, summary, created, skipped, errors } = await resultOf(given);
    expect({ success, summary, skipped, errors }).toEqual({
      success: true,
      summary: { total: 1000, created: 1000, skipped: 0, failed: 0 },
      skipped: [],
      errors: [],
    });
    expect(created.map(({ firstname }) => firstname)).toEqual(given.map(({ firstname }) => firstname));
    expect(await lab.counted()).toBe(1000);
    const gone = await tenant.api.json('DELETE', 'contacts/batch', { ids: created.map(({ id }) => id) });
    expect(gone.body.data).toEqual({ success: true, summary: { total: 1000, deleted: 1000, failed: 0 } });
    expect(await phones()).toEqual([]);
    expect(await lab.counted()).toBe(0);
  });

  it("refuses another tenant's source, status, assignee and groups, each on its field", async () => {
    const stranger = await TestTenant.create({ withoutNumber: true });
    const { sourceId, statusId, assigneeId } = stranger.defaults;
    const group = await new ContactLab(stranger).group('Theirs');
    const { summary, errors } = await resultOf([
      lab.body({ phone: phoneOf(1), source_id: sourceId, assigned_id: assigneeId }),
      lab.body({ phone: phoneOf(2), status_id: statusId, groups: [group] }),
      lab.body({ phone: phoneOf(3) }),
    ]);
    expect(summary).toEqual({ total: 3, created: 1, skipped: 0, failed: 2 });
    expect(errors.map(({ index, details }) => [index, Object.keys(details)])).toEqual([
      [0, ['source_id', 'assigned_id']],
      [1, ['status_id', 'groups.0']],
    ]);
    await stranger.close();
  });

  it('goes on after errors unless told otherwise, and tells each by its place', async () => {
    await lab.create({ phone: phoneOf(1), email: 'taken@example.com' });
    const given = [
      lab.body({ phone: `+${phoneOf(2)}` }),
      lab.body({ phone: phoneOf(1) }),
      { phone: 'x' },
      'no object',
      lab.body({ phone: phoneOf(3), source_id: 2_147_483_647 }),
      lab.body({ phone: phoneOf(4), email: 'Taken@example.com' }),
      lab.body({ phone: `00${phoneOf(2)}` }),
      lab.body({ phone: phoneOf(5), email: 'new@example.com' }),
      lab.body({ phone: phoneOf(6), email: 'NEW@example.com' }),
    ];
    const { summary, created, errors } = await resultOf(given);
    expect(summary).toEqual({ total: 9, created: 2, skipped: 0, failed: 7 });
    expect(created.map(({ phone }) => phone)).toEqual([phoneOf(2), phoneOf(5)]);
    const taken = ['Another contact has this phone already.'];
    const email = ['Another contact has this e-mail already.'];
    expect(errors.map(({ index, code, details }) => [index, code, details])).toEqual([
      [1, 'VALIDATION_ERROR', { phone: taken }],
      [2, 'VALIDATION_ERROR', expect.objectContaining({ firstname: ['firstname is required'] })],
      [3, 'VALIDATION_ERROR', { 'contacts.3': ['must be an object'] }],
      [4, 'VALIDATION_ERROR', { source_id: ['There is no such source.'] }],
      [5, 'VALIDATION_ERROR', { email }],
      [6, 'VALIDATION_ERROR', { phone: taken }],
      [8, 'VALIDATION_ERROR', { email }],
    ]);
    expect(errors.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6, 8].map((index) => given[index]));
    expect(await lab.counted()).toBe(3);
  });

  it('skips duplicates by phone when told to', async () => {
    await lab.create({ phone: phoneOf(1), email: 'taken@example.com' });
    const given = [
      lab.body({ phone: phoneOf(1) }),
      lab.body({ phone: phoneOf(2) }),
      lab.body({ phone: `+${phoneOf(2)}` }),
      lab.body({ phone: phoneOf(3), email: 'taken@example.com' }),
    ];
    const { summary, skipped, errors } = await resultOf(given, { skip_duplicates: true });
    expect(summary).toEqual({ total: 4, created: 1, skipped: 2, failed: 1 });
    const reason = 'Another contact has this phone already.';
    expect(skipped).toEqual([
      { index: 0, reason, data: given[0] },
      { index: 2, reason, data: given[2] },
    ]);
    expect(errors).toMatchObject([{ index: 3, details: { email: expect.anything() as unknown } }]);
    // Nothing but duplicates is no error, even where the first error would undo all.
    const again = await resultOf([given[0]], { skip_duplicates: true, continue_on_error: false });
    expect(again.summary).toEqual({ total: 1, created: 0, skipped: 1, failed: 0 });
  });

  it('is undone by the first error when it is all or nothing', async () => {
    const answer = await lab.batch(
      [
        lab.body({ phone: phoneOf(1) }),
        lab.body({ phone: phoneOf(2), type: 'friend' }),
        lab.body({ phone: phoneOf(1) }),
        7,
      ],
      { continue_on_error: false },
    );
    expect(answer).toMatchObject({
      status: 422,
      body: {
        error: {
          code: 'VALIDATION_ERROR',
          details: {
            'contacts.1.type': ['type must be one of lead, customer, guest'],
            'contacts.2.phone': ['Another contact has this phone already.'],
            'contacts.3': ['must be an object'],
          },
        },
      },
    });
    expect(await phones()).toEqual([]);
    expect(await lab.counted()).toBe(0);
  });

  it.each([
    [{}, { contacts: ['contacts is required'] }],
    [{ contacts: 'x' }, { contacts: ['contacts must be a list of contacts'] }],
    [{ contacts: [] }, { contacts: ['contacts must not be empty'] }],
    [
      { contacts: Array.from({ length: 1001 }, () => ({})) },
      { contacts: ['contacts must not have over 1000 members'] },
    ],
    [{ contacts: [{}], options: 'x' }, { options: expect.anything() as unknown }],
    [
      { contacts: [{}], options: { continue_on_error: 'perhaps', skip_duplicates: 2 } },
      {
        'options.continue_on_error': expect.anything() as unknown,
        'options.skip_duplicates': expect.anything() as unknown,
      },
    ],
  ])('refuses %.60j', async (body, details) => {
    const answer = await tenant.api.json('POST', 'contacts/batch', body);
    expect(answer.status).toBe(422);
    expect(answer.body.error?.details).toEqual(details);
  });

  it('deletes what is there and counts the rest as failed', async () => {
    const { created } = await resultOf([1, 2, 3].map((n) => lab.body({ phone: phoneOf(n) })));
    const stranger = await TestTenant.create({ withoutNumber: true });
    const theirs = await new ContactLab(stranger).existing();
    const ids = created.map(({ id }) => id);
    const { status, body } = await tenant.api.json('DELETE', 'contacts/batch', {
      ids: [ids[0], ids[1], ids[0], theirs, 2_147_483_647, 999_999_999_999, -1],
    });
    expect({ status, data: body.data, message: body.message }).toEqual({
      status: 200,
      data: { success: true, summary: { total: 7, deleted: 2, failed: 5 } },
      message: 'Batch delete completed successfully',
    });
    expect(await phones()).toEqual([phoneOf(3)]);
    expect(await lab.counted()).toBe(1);
    expect((await stranger.api.request('GET', `/api/v2/contacts/${theirs}`)).status).toBe(200);
    await stranger.close();
  });

  it.each([
    [undefined, 'ids is required'],
    [{}, 'ids is required'],
    [{ ids: [] }, 'ids must not be empty'],
    [{ ids: 7 }, 'ids must be a list of integers'],
    [{ ids: [1, 'x'] }, 'ids must hold integers only'],
    [{ ids: [1.5] }, 'ids must hold integers only'],
    [{ ids: Array.from({ length: 1001 }, (_, n) => n + 1) }, 'ids must not have over 1000 members'],
  ])('does not delete with %.40j', async (body, message) => {
    const answer = await (body === undefined
      ? tenant.api.request('DELETE', '/api/v2/contacts/batch')
      : tenant.api.json('DELETE', 'contacts/batch', body));
    expect(answer).toMatchObject({ status: 422, body: { error: { details: { ids: [message] } } } });
  });
});

describe('the last place of a plan', () => {
  it('goes to one of 50 simultaneous creates, single and in batches', async () => {
    const tenant = await TestTenant.create({ withoutNumber: true, limits: { contacts: 2 } });
    const lab = new ContactLab(tenant);
    await lab.existing();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        const phone = phoneOf(n);
        return n % 2 === 0 ? lab.post({ phone }) : lab.batch([lab.body({ phone })], { continue_on_error: n % 4 === 1 });
      }),
    );
    const refused = answers.filter(({ status }) => status !== 200 && status !== 201);
    expect(refused).toHaveLength(49);
    for (const { status, body } of refused) {
      expect({ status, error: body.error }).toMatchObject({
        status: 403,
        error: { code: 'FEATURE_LIMIT_EXCEEDED', details: { feature: 'contacts', current: 2, maximum: 2 } },
      });
    }
    expect(await lab.counted()).toBe(2);
    expect(await tenant.rows('SELECT id FROM contacts WHERE tenant_id = $1', [tenant.id])).toHaveLength(2);
    await tenant.close();
  });

  it('lets a batch have as many as there is room for, the first ones; a deletion makes room', async () => {
    const tenant = await TestTenant.create({ withoutNumber: true, limits: { contacts: 2 } });
    const lab = new ContactLab(tenant);
    const given = [1, 2, 3].map((n) => lab.body({ phone: phoneOf(9 - n) }));
    const all = await lab.batch(given, { continue_on_error: false });
    expect(all).toMatchObject({ status: 403, body: { error: { details: { current: 0, maximum: 2 } } } });
    const batch = (await lab.batch(given)).body.data as unknown as Batch;
    expect(batch.summary).toEqual({ total: 3, created: 2, skipped: 0, failed: 1 });
    expect(batch.created.map(({ phone }) => phone)).toEqual([phoneOf(8), phoneOf(7)]);
    expect(batch.errors).toMatchObject([
      { index: 2, code: 'FEATURE_LIMIT_EXCEEDED', details: { feature: 'contacts', maximum: 2 } },
    ]);
    expect((await lab.post({ phone: phoneOf(6) })).status).toBe(403);
    expect((await tenant.api.request('DELETE', `/api/v2/contacts/${batch.created[0]?.id}`)).status).toBe(200);
    expect((await lab.post({ phone: phoneOf(6) })).status).toBe(201);
    expect(await lab.counted()).toBe(2);
    await tenant.close();
  });
});
