import { getList, refusedBy } from '../support/list-client.js';
import { TestTenant } from '../support/tenant.js';

interface Named {
  id: number;
  name: string;
  color?: string | null;
}

/** Real processes: API, Postgres, Redis. */
describe.each([
  { path: 'sources', noun: 'source', fields: ['id', 'name', 'created_at', 'updated_at'] },
  { path: 'statuses', noun: 'status', fields: ['id', 'name', 'color', 'created_at', 'updated_at'] },
])('/$path', ({ path, noun, fields }) => {
  const Noun = noun === 'source' ? 'Source' : 'Status';
  let tenant: TestTenant;
  let stranger: TestTenant;
  beforeAll(async () => {
    const without = { withoutNumber: true };
    [tenant, stranger] = await Promise.all([TestTenant.create(without), TestTenant.create(without)]);
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const create = async (body: unknown, of = tenant): Promise<Named> => {
    const answer = await of.api.json('POST', path, body);
    expect(answer).toMatchObject({ status: 201, body: { message: `${Noun} created successfully` } });
    return answer.body.data as unknown as Named;
  };
  const call = (method: string, id: number | string, body?: unknown, of = tenant) =>
    body === undefined ? of.api.request(method, `/api/v2/${path}/${id}`) : of.api.json(method, `${path}/${id}`, body);

  it('creates, gets, renames and deletes', async () => {
    const made = await create({ name: '  Fair  ', unknown: 1 });
    expect(Object.keys(made)).toEqual(fields);
    expect(made).toMatchObject({ name: 'Fair', ...(noun === 'status' ? { color: null } : {}) });
    expect(await call('GET', made.id)).toMatchObject({
      status: 200,
      body: { data: made, message: `${Noun} retrieved successfully` },
    });
    const renamed = await call('PATCH', made.id, { name: 'Trade fair' });
    expect(renamed).toMatchObject({
      status: 200,
      body: { data: { id: made.id, name: 'Trade fair' }, message: `${Noun} updated successfully` },
    });
    expect(await call('DELETE', made.id)).toMatchObject({
      status: 200,
      body: { success: true, data: null, message: `${Noun} deleted successfully` },
    });
    for (const method of ['GET', 'DELETE']) {
      expect(await call(method, made.id)).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
    }
    expect((await call('PATCH', made.id, { name: 'x' })).status).toBe(404);
  });

  it('takes a name once per tenant, whatever its case, and lets it keep its own', async () => {
    const { id } = await create({ name: 'Élan' });
    const taken = { status: 422, body: { error: { details: { name: [`Another ${noun} has this name already.`] } } } };
    expect(await tenant.api.json('POST', path, { name: 'ÉLAN' })).toMatchObject(taken);
    const other = await create({ name: 'Other one' });
    expect(await call('PATCH', other.id, { name: 'élan' })).toMatchObject(taken);
    expect((await call('PATCH', id, { name: 'ÉLAN' })).body.data).toMatchObject({ id, name: 'ÉLAN' });
    await create({ name: 'Élan' }, stranger);
  });

  it('makes one of a name that 20 callers want at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => tenant.api.json('POST', path, { name: 'Race' })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(19);
  });

  it.each([
    [{}, 'name is required'],
    [{ name: null }, 'name is required'],
    [{ name: '   ' }, 'name must not be blank'],
    [{ name: 7 }, 'name must be a string'],
    [{ name: ['a'] }, 'name must be a string'],
    [{ name: { a: 1 } }, 'name must be a string'],
    [{ name: 'é'.repeat(256) }, 'name must not be longer than 255 characters'],
  ])('refuses %j', async (body, message) => {
    expect(await tenant.api.json('POST', path, body)).toMatchObject({
      status: 422,
      body: { error: { code: 'VALIDATION_ERROR', details: { name: [message] } } },
    });
  });

  it('takes 255 characters', async () => {
    expect((await create({ name: '😀'.repeat(255) })).name).toHaveLength(510);
  });

  it('is not deleted while a contact has it, nor while new contacts get it', async () => {
    const contactId = await tenant.insertContact({ phone: noun === 'source' ? '201333000001' : '201333000002' });
    const used = await create({ name: 'In use' });
    await tenant.rows(`UPDATE contacts SET ${noun}_id = $2 WHERE id = $1`, [contactId, used.id]);
    expect(await call('DELETE', used.id)).toMatchObject({
      status: 409,
      body: { error: { code: 'RESOURCE_IN_USE', message: `Contacts use this ${noun}, so it cannot be deleted` } },
    });
    await tenant.rows(`UPDATE contacts SET ${noun}_id = NULL WHERE tenant_id = $1`, [tenant.id]);
    expect((await call('DELETE', used.id)).status).toBe(200);
    const standard = noun === 'source' ? tenant.defaults.sourceId : tenant.defaults.statusId;
    expect(await call('DELETE', standard)).toMatchObject({ status: 409, body: { error: { code: 'RESOURCE_IN_USE' } } });
    expect((await call('GET', standard)).status).toBe(200);
  });

  it('lists by name, whatever its case; sorts, searches, filters and pages', async () => {
    const own = await TestTenant.create({ withoutNumber: true, withoutDefaults: true });
    await own.rows(`DELETE FROM ${path} WHERE tenant_id = $1`, [own.id]);
    const ids = new Map<string, number>();
    for (const name of ['beta', 'Alpha', '100% sure', 'gamma_1', 'GAMMAZ'])
      ids.set(name, (await create({ name }, own)).id);
    const names = async (query: string) => (await getList<Named>(own.api, path, query)).items.map(({ name }) => name);
    for (const [query, expected] of [
      ['', ['100% sure', 'Alpha', 'beta', 'gamma_1', 'GAMMAZ']],
      ['sort=-name&per_page=2', ['GAMMAZ', 'gamma_1']],
      ['sort=created_at', ['beta', 'Alpha', '100% sure', 'gamma_1', 'GAMMAZ']],
      ['sort=-updated_at&per_page=1', ['GAMMAZ']],
      ['q=AMMA', ['gamma_1', 'GAMMAZ']],
      ['search=%25', ['100% sure']],
      ['q=_', ['gamma_1']],
      ['filter[name]=ALPHA', ['Alpha']],
      ['filter[name][like]=a_1', ['gamma_1']],
      [`filter[id][in]=${ids.get('beta')},${ids.get('Alpha')}`, ['Alpha', 'beta']],
      ['filter[created_at][lt]=2020-01-01', []],
    ] as const) {
      expect({ query, names: await names(query) }).toEqual({ query, names: expected });
    }
    const first = await getList<Named>(own.api, path, 'per_page=3&fields=name');
    expect(first.items[0]).toEqual({ name: '100% sure' });
    expect(first.pagination).toMatchObject({ total: 5, last_page: 2, from: 1, to: 3 });
    const rest = await getList<Named>(own.api, path, `cursor=${first.pagination.next_cursor}`);
    expect(rest.items.map(({ name }) => name)).toEqual(['gamma_1', 'GAMMAZ']);
    expect(Object.keys(await refusedBy(own.api, path, 'sort=id&filter[tenant_id]=1&include=contacts')).sort()).toEqual([
      'filter.tenant_id',
      'include',
      'sort',
    ]);
    await own.close();
  });

  it("answers 404 for another tenant's, unknown ids and what is no integer", async () => {
    const { id } = await create({ name: 'Mine alone' });
    for (const strange of [id, 2_147_483_647, 999_999_999_999_999, 'x', '1.5', '-1', '%00']) {
      for (const [method, body] of [['GET'], ['PATCH', { name: 'Theirs' }], ['DELETE']] as const) {
        const answer = await call(method, strange, body, stranger);
        expect({ strange, method, status: answer.status }).toEqual({ strange, method, status: 404 });
      }
    }
    expect((await call('GET', id)).body.data).toMatchObject({ name: 'Mine alone' });
    expect((await getList(stranger.api, path, `filter[id]=${id}`)).items).toEqual([]);
  });

  it('wants a scope for each of read, write and delete', async () => {
    const made = await create({ name: 'Scoped' });
    for (const right of ['read', 'write', 'delete']) {
      const own = await TestTenant.create({ withoutNumber: true, scopes: [`${path}:${right}`] });
      const statuses = {
        read: [
          (await own.api.request('GET', `/api/v2/${path}`)).status,
          (await call('GET', made.id, undefined, own)).status,
        ],
        write: [
          (await own.api.json('POST', path, { name: 'New one' })).status,
          (await call('PATCH', made.id, { name: 'x' }, own)).status,
        ],
        delete: [(await call('DELETE', made.id, undefined, own)).status],
      };
      expect({ right, statuses }).toEqual({
        right,
        statuses: {
          read: right === 'read' ? [200, 404] : [403, 403],
          write: right === 'write' ? [201, 404] : [403, 403],
          delete: right === 'delete' ? [404] : [403],
        },
      });
      await own.close();
    }
  });
});

describe('the colour of a status', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await TestTenant.create({ withoutNumber: true });
  });
  afterAll(() => tenant.close());

  it('is #RRGGBB or none; an update without it leaves it', async () => {
    const made = (await tenant.api.json('POST', 'statuses', { name: 'Hot', color: '#fF0a3B' })).body.data;
    expect(made).toMatchObject({ color: '#fF0a3B' });
    const patch = async (body: unknown) =>
      (await tenant.api.json('PATCH', `statuses/${String(made?.id)}`, body)).body.data?.color;
    expect(await patch({ name: 'Hot' })).toBe('#fF0a3B');
    expect(await patch({ name: 'Hot', color: '#000000' })).toBe('#000000');
    expect(await patch({ name: 'Hot', color: null })).toBeNull();
    expect((await tenant.api.json('POST', 'statuses', { name: 'Cold', color: '' })).body.data).toMatchObject({
      color: null,
    });
  });

  it.each(['#12345', '#1234567', '123456', '#12345g', 'red', 7, ['#123456'], '#123456\n#123456'])(
    'is not %j',
    async (color) => {
      expect(await tenant.api.json('POST', 'statuses', { name: 'Wrong', color })).toMatchObject({
        status: 422,
        body: { error: { details: { color: ['color must look like #RRGGBB'] } } },
      });
    },
  );
});
