import { getList, refusedBy } from '../support/list-client.js';
import { TestTenant } from '../support/tenant.js';
import { ContactLab } from './contact-lab.js';

/** Real processes: API, Postgres, Redis. */
describe('/groups', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let lab: ContactLab;
  let theirs: { group: number; contact: number };
  beforeAll(async () => {
    const without = { withoutNumber: true };
    [tenant, stranger] = await Promise.all([TestTenant.create(without), TestTenant.create(without)]);
    lab = new ContactLab(tenant);
    const strange = new ContactLab(stranger);
    theirs = { group: await strange.group('Theirs'), contact: await strange.existing() };
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const call = (method: string, path: string, body?: unknown) =>
    body === undefined
      ? tenant.api.request(method, `/api/v2/groups${path}`)
      : tenant.api.json(method, `groups${path}`, body);
  const groupsOf = async (id: number) => (await lab.get(id)).body.data?.group_id;

  it('creates, gets, renames and deletes; a name is there once, whatever its case', async () => {
    const made = (await call('POST', '', { name: 'Regulars' })).body.data;
    expect(Object.keys(made ?? {})).toEqual(['id', 'name', 'created_at', 'updated_at']);
    const id = String(made?.id);
    expect(await call('GET', `/${id}`)).toMatchObject({
      status: 200,
      body: { data: made, message: 'Group retrieved successfully' },
    });
    expect(await call('POST', '', { name: 'REGULARS' })).toMatchObject({
      status: 422,
      body: { error: { details: { name: ['Another group has this name already.'] } } },
    });
    expect(await call('PATCH', `/${id}`, { name: 'REGULARS' })).toMatchObject({
      status: 200,
      body: { data: { name: 'REGULARS' }, message: 'Group updated successfully' },
    });
    expect(await call('PATCH', `/${id}`, {})).toMatchObject({
      status: 422,
      body: { error: { details: { name: ['name is required'] } } },
    });
    expect(await call('DELETE', `/${id}`)).toMatchObject({
      status: 200,
      body: { data: null, message: 'Group deleted successfully' },
    });
    expect((await call('DELETE', `/${id}`)).status).toBe(404);
  });

  it.each([
    [{}, 'name is required'],
    [{ name: ' ' }, 'name must not be blank'],
    [{ name: 7 }, 'name must be a string'],
    [{ name: ['a'] }, 'name must be a string'],
    [{ name: 'é'.repeat(256) }, 'name must not be longer than 255 characters'],
  ])('refuses the name in %.40j', async (body, message) => {
    expect(await call('POST', '', body)).toMatchObject({
      status: 422,
      body: { error: { details: { name: [message] } } },
    });
  });

  it('takes a name of 255 characters', async () => {
    const name = 'é'.repeat(255);
    expect(await call('POST', '', { name })).toMatchObject({ status: 201, body: { data: { name } } });
  });

  it('lists by name; sorts by name and times only', async () => {
    const own = await TestTenant.create({ withoutNumber: true });
    const groups = new ContactLab(own);
    for (const name of ['b', 'A', 'c']) await groups.group(name);
    const names = async (query: string) => (await getList(own.api, 'groups', query)).items.map(({ name }) => name);
    expect(await names('')).toEqual(['A', 'b', 'c']);
    expect(await names('sort=-created_at')).toEqual(['c', 'A', 'b']);
    expect(await names('q=B')).toEqual(['b']);
    expect(Object.keys(await refusedBy(own.api, 'groups', 'sort=id'))).toEqual(['sort']);
    await own.close();
  });

  it('adds contacts, counts the new ones only, and takes out those that are in', async () => {
    const group = await lab.group('VIP');
    const [one, two, three] = await Promise.all(
      ['201400000001', '201400000002', '201400000003'].map((phone) => lab.create({ phone })),
    );
    if (!one || !two || !three) throw new Error('three contacts were made');
    const add = (ids: unknown) => call('POST', `/${group}/contacts`, { contact_ids: ids });
    const remove = (ids: unknown) => call('DELETE', `/${group}/contacts`, { contact_ids: ids });
    expect(await add([one.id, two.id, two.id])).toMatchObject({
      status: 200,
      body: { data: { group_id: group, contacts_added: 2 }, message: 'Contacts added to group successfully' },
    });
    expect((await add([two.id, three.id])).body.data).toEqual({ group_id: group, contacts_added: 1 });
    expect(await groupsOf(three.id)).toEqual([group]);
    expect(await remove([two.id, one.id, theirs.contact, 2_147_483_647, 999_999_999_999])).toMatchObject({
      status: 200,
      body: { data: { group_id: group, contacts_removed: 2 }, message: 'Contacts removed from group successfully' },
    });
    expect((await remove([one.id])).body.data).toEqual({ group_id: group, contacts_removed: 0 });
    expect(await groupsOf(two.id)).toEqual([]);
  });

  it('adds nobody when one of the ids is no contact, and names it', async () => {
    const group = await lab.group('All or nobody');
    const id = await lab.existing();
    const missing = ['There is no such contact.'];
    const answer = await call('POST', `/${group}/contacts`, { contact_ids: [id, theirs.contact, id, 999_999_999_999] });
    expect(answer.status).toBe(422);
    expect(answer.body.error?.details).toEqual({ 'contact_ids.1': missing, 'contact_ids.3': missing });
    expect(await groupsOf(id)).not.toContain(group);
  });

  it.each([
    [undefined, 'contact_ids is required'],
    [{ contact_ids: [] }, 'contact_ids must not be empty'],
    [{ contact_ids: 'x' }, 'contact_ids must be a list of integers'],
    [{ contact_ids: [null] }, 'contact_ids must hold integers only'],
    [{ contact_ids: Array.from({ length: 1001 }, (_, n) => n + 1) }, 'contact_ids must not have over 1000 members'],
  ])('refuses %.40j', async (body, message) => {
    const group = await lab.existing();
    for (const method of ['POST', 'DELETE']) {
      expect(await call(method, `/${group}/contacts`, body)).toMatchObject({
        status: 422,
        body: { error: { details: { contact_ids: [message] } } },
      });
    }
  });

  it('takes 1,000 ids at once', async () => {
    const group = await lab.group('Thousand');
    const ids = Array.from({ length: 1000 }, (_, n) => 2_000_000_000 + n);
    expect((await call('DELETE', `/${group}/contacts`, { contact_ids: ids })).body.data).toMatchObject({
      contacts_removed: 0,
    });
  });

  it('takes a deleted group from its members, also from one that joins at that moment', async () => {
    const group = await lab.group('Short-lived');
    const kept = await lab.group('Kept');
    const member = await lab.create({ phone: '201400000010', groups: [group, kept] });
    const joining = Array.from({ length: 10 }, (_, n) => lab.post({ phone: `20140000002${n}`, groups: [group] }));
    const [deleted, ...joined] = await Promise.all([call('DELETE', `/${group}`), ...joining]);
    expect(deleted?.status).toBe(200);
    for (const { status, body } of joined) {
      if (status === 201) expect(await groupsOf(Number(body.data?.id))).toEqual([]);
      else expect(body.error?.details).toEqual({ 'groups.0': ['There is no such group.'] });
    }
    expect(await groupsOf(member.id)).toEqual([kept]);
  });

  it('lists its members newest first as they come and go, and nobody of another tenant', async () => {
    const group = await lab.group('Listed');
    const made = await Promise.all([1, 2, 3, 4].map((n) => lab.create({ phone: `20140000004${n}`, groups: [group] })));
    const ids = made.map(({ id }) => id).sort((a, b) => b - a);
    // All of one moment: then the id decides.
    await tenant.rows("UPDATE contacts SET created_at = '2026-02-01' WHERE id = ANY ($1)", [ids]);
    const listed = async (query = '') =>
      (await getList(tenant.api, 'contacts', `filter[group_id]=${group}${query}`)).items.map(({ id }) => id);
    expect(await listed()).toEqual(ids);
    const first = await getList(tenant.api, 'contacts', `filter[group_id]=${group}&per_page=2`);
    expect(first.pagination.total).toBe(4);
    const second = await getList(tenant.api, 'contacts', `cursor=${first.pagination.next_cursor}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.pagination.next_cursor).toBeNull();

    const [moved, taken, erased, kept] = ids;
    await tenant.rows("UPDATE contacts SET created_at = '2026-01-01' WHERE id = $1", [moved]);
    expect(await listed()).toEqual([taken, erased, kept, moved]);
    await lab.update(Number(moved), { groups: [] });
    await call('DELETE', `/${group}/contacts`, { contact_ids: [taken] });
    await tenant.api.request('DELETE', `/api/v2/contacts/${erased}`);
    expect(await listed()).toEqual([kept]);
    await call('POST', `/${group}/contacts`, { contact_ids: [moved] });
    expect(await listed('&sort=firstname,-id')).toEqual([moved, kept].sort((a, b) => Number(b) - Number(a)));
    expect(await listed('&sort=-id&search=201400000')).toEqual([moved, kept].sort((a, b) => Number(b) - Number(a)));
    expect((await getList(stranger.api, 'contacts', `filter[group_id]=${group}`)).items).toEqual([]);
    expect((await getList(stranger.api, 'contacts', `filter[group_id][in]=${group},1`)).items).toEqual([]);
  });

  it('takes a deleted group from more members than one step takes', async () => {
    const own = await TestTenant.create({ withoutNumber: true });
    const group = await new ContactLab(own).group('Large');
    await own.rows(
      `INSERT INTO contacts (tenant_id, firstname, type, phone, group_id)
       SELECT $1, 'Mona', 'lead', (201500000000 + n)::text, ARRAY[$2::int] FROM generate_series(1, 5001) n`,
      [own.id, group],
    );
    expect((await own.api.request('DELETE', `/api/v2/groups/${group}`)).status).toBe(200);
    expect(
      await own.rows(
        `SELECT (SELECT count(*)::int FROM contacts WHERE tenant_id = $1 AND group_id <> '{}') AS contacts,
                (SELECT count(*)::int FROM group_members WHERE tenant_id = $1) AS members`,
        [own.id],
      ),
    ).toEqual([{ contacts: 0, members: 0 }]);
    await own.close();
  });

  it("answers 404 for another tenant's group, an unknown one, and what is no integer", async () => {
    const id = await lab.existing();
    for (const group of [theirs.group, 2_147_483_647, 'x', '1.5']) {
      for (const [method, path, body] of [
        ['GET', `/${group}`],
        ['PATCH', `/${group}`, { name: 'Mine' }],
        ['DELETE', `/${group}`],
        ['POST', `/${group}/contacts`, { contact_ids: [id] }],
        ['DELETE', `/${group}/contacts`, { contact_ids: [id] }],
      ] as const) {
        const { status } = await call(method, path, body);
        expect({ method, path, status }).toEqual({ method, path, status: 404 });
      }
    }
    expect((await stranger.api.request('GET', `/api/v2/groups/${theirs.group}`)).body.data).toMatchObject({
      name: 'Theirs',
    });
  });

  it('wants groups:read, groups:write and groups:delete', async () => {
    for (const right of ['read', 'write', 'delete']) {
      const own = await TestTenant.create({ withoutNumber: true, scopes: [`groups:${right}`] });
      for (const [method, path, wanted] of [
        ['GET', 'groups', 'read'],
        ['GET', 'groups/1', 'read'],
        ['POST', 'groups', 'write'],
        ['PATCH', 'groups/1', 'write'],
        ['POST', 'groups/1/contacts', 'write'],
        ['DELETE', 'groups/1/contacts', 'write'],
        ['DELETE', 'groups/1', 'delete'],
      ] as const) {
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
});
