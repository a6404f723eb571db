import { CONTACT_LIST } from '../../src/contacts/contact-list.js';
import { getList, refusedBy } from '../support/list-client.js';
import { TestTenant } from '../support/tenant.js';
import { type Contact, ContactLab } from './contact-lab.js';

const at = (day: number) => `2026-03-${String(day).padStart(2, '0')}T12:00:00Z`;

/** Real processes: API, Postgres, Redis. */
describe('GET /contacts', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let lab: ContactLab;
  let ids: Record<string, number>;
  let groups: { vip: number; press: number };
  let other: { source: number; status: number };

  const make = async (name: string, day: number, fields: Record<string, unknown> & { phone: string }) => {
    const { id } = await lab.create({ firstname: name, ...fields });
    await tenant.rows('UPDATE contacts SET created_at = $2, updated_at = $3 WHERE id = $1', [
      id,
      at(day),
      at(20 - day),
    ]);
    return id;
  };

  beforeAll(async () => {
    const without = { withoutNumber: true };
    [tenant, stranger] = await Promise.all([TestTenant.create(without), TestTenant.create(without)]);
    lab = new ContactLab(tenant);
    groups = { vip: await lab.group('VIP'), press: await lab.group('Press') };
    const created = await Promise.all(
      ['sources', 'statuses'].map((path) => tenant.api.json('POST', path, { name: 'Other' })),
    );
    other = { source: Number(created[0]?.body.data?.id), status: Number(created[1]?.body.data?.id) };
    ids = {
      Mona: await make('Mona', 1, { phone: '201100000001', email: 'mona@shop.example', groups: [groups.vip] }),
      omar: await make('omar', 2, { phone: '201100000002', type: 'customer', company: '100% Cotton' }),
      Zeina: await make('Zeina', 3, {
        phone: '201100000003',
        lastname: 'Adel',
        source_id: other.source,
        groups: [groups.vip, groups.press],
      }),
      Bilal: await make('Bilal', 4, {
        phone: '4915112345678',
        status_id: other.status,
        assigned_id: tenant.defaults.assigneeId,
      }),
      منى: await make('منى', 5, { phone: '201100000005', type: 'guest', company: 'under_score \\ Co' }),
    };
    await tenant.rows('UPDATE contacts SET is_opted_out = true, assigned_id = NULL WHERE id = $1', [ids.omar]);
    await new ContactLab(stranger).create({ phone: '201100000001', firstname: 'Mona' });
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const names = async (query: string) =>
    (await getList<Contact>(tenant.api, 'contacts', query)).items.map(({ firstname }) => firstname);

  it('shows the newest first, every documented field, and no one of another tenant', async () => {
    const { items, pagination } = await getList<Contact>(tenant.api, 'contacts');
    expect(items.map(({ firstname }) => firstname)).toEqual(['منى', 'Bilal', 'Zeina', 'omar', 'Mona']);
    expect(Object.keys(items[0] ?? {})).toEqual(CONTACT_LIST.fields);
    expect(pagination).toMatchObject({ current_page: 1, per_page: 15, total: 5, last_page: 1, from: 1, to: 5 });
  });

  it.each([
    ['sort=id', ['Mona', 'omar', 'Zeina', 'Bilal', 'منى']],
    ['sort=-id', ['منى', 'Bilal', 'Zeina', 'omar', 'Mona']],
    ['sort=firstname', ['Bilal', 'Mona', 'omar', 'Zeina', 'منى']],
    ['sort=-firstname', ['منى', 'Zeina', 'omar', 'Mona', 'Bilal']],
    ['sort=lastname,-firstname', ['Zeina', 'منى', 'omar', 'Mona', 'Bilal']],
    ['sort=-lastname,id', ['Mona', 'omar', 'Bilal', 'منى', 'Zeina']],
    ['sort=created_at', ['Mona', 'omar', 'Zeina', 'Bilal', 'منى']],
    ['sort=updated_at', ['منى', 'Bilal', 'Zeina', 'omar', 'Mona']],
    ['sort=-updated_at', ['Mona', 'omar', 'Zeina', 'Bilal', 'منى']],
  ])('sorts by %s, by page and by cursor', async (sort, expected) => {
    expect(await names(sort)).toEqual(expected);
    const walked: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? `${sort}&per_page=2` : `cursor=${cursor}`;
      const { items, pagination } = await getList<Contact>(tenant.api, 'contacts', query);
      walked.push(...items.map(({ firstname }) => firstname));
      cursor = pagination.next_cursor;
    } while (cursor !== null);
    expect(walked).toEqual(expected);
  });

  it('filters by every field and operator', async () => {
    const s = tenant.defaults.sourceId;
    for (const [query, expected] of [
      ['filter[type]=lead', ['Bilal', 'Zeina', 'Mona']],
      ['filter[type][ne]=lead', ['منى', 'omar']],
      ['filter[type][!=]=lead', ['منى', 'omar']],
      ['filter[type][in]=customer,guest', ['منى', 'omar']],
      ['filter[type][not_in]=customer,guest', ['Bilal', 'Zeina', 'Mona']],
      [`filter[status_id]=${other.status}`, ['Bilal']],
      [`filter[status_id][ne]=${other.status}`, ['منى', 'Zeina', 'omar', 'Mona']],
      [`filter[source_id]=${other.source}`, ['Zeina']],
      [`filter[source_id][in]=${other.source},${s}&filter[type]=lead`, ['Bilal', 'Zeina', 'Mona']],
      [`filter[assigned_id]=${tenant.defaults.assigneeId}`, ['Bilal']],
      ['filter[assigned_id][null]=true', ['منى', 'Zeina', 'omar', 'Mona']],
      ['filter[assigned_id][null]=false', ['Bilal']],
      [`filter[group_id]=${groups.vip}`, ['Zeina', 'Mona']],
      [`filter[group_id]=${groups.press}`, ['Zeina']],
      [`filter[group_id][in]=${groups.press},${groups.vip}`, ['Zeina', 'Mona']],
      [`filter[group_id][ne]=${groups.press}`, ['منى', 'Bilal', 'omar', 'Mona']],
      [`filter[group_id][not_in]=${groups.press},${groups.vip}`, ['منى', 'Bilal', 'omar']],
      [`filter[group_id]=${groups.vip}&filter[group_id][ne]=${groups.press}`, ['Mona']],
      [`filter[group_id]=${groups.vip}&search=zeina`, ['Zeina']],
      ['filter[group_id][null]=true', ['منى', 'Bilal', 'omar']],
      ['filter[group_id][null]=false', ['Zeina', 'Mona']],
      ['filter[is_opted_out]=true', ['omar']],
      ['filter[is_opted_out]=false', ['منى', 'Bilal', 'Zeina', 'Mona']],
      ['filter[created_at]=2026-03-02', ['omar']],
      ['filter[created_at][gte]=2026-03-04', ['منى', 'Bilal']],
      ['filter[created_at][>=]=2026-03-04', ['منى', 'Bilal']],
      ['filter[created_at][gt]=2026-03-04', ['منى']],
      ['filter[created_at][>]=2026-03-04', ['منى']],
      ['filter[created_at][lt]=2026-03-02', ['Mona']],
      ['filter[created_at][<]=2026-03-02', ['Mona']],
      ['filter[created_at][lte]=2026-03-02', ['omar', 'Mona']],
      ['filter[created_at][<=]=2026-03-02', ['omar', 'Mona']],
      ['filter[created_at][between]=2026-03-02,2026-03-04', ['Bilal', 'Zeina', 'omar']],
      ['filter[created_at][ne]=2026-03-02', ['منى', 'Bilal', 'Zeina', 'Mona']],
      ['filter[updated_at]=2026-03-19', ['Mona']],
      ['filter[updated_at][in]=2026-03-19,2026-03-17', ['Zeina', 'Mona']],
      ['filter[updated_at][lt]=2026-03-17', ['منى', 'Bilal']],
      ['filter[updated_at][lte]=2026-03-17', ['منى', 'Bilal', 'Zeina']],
      ['filter[updated_at][gt]=2026-03-17', ['omar', 'Mona']],
      ['filter[updated_at][between]=2026-03-16,2026-03-18', ['Bilal', 'Zeina', 'omar']],
      ['filter[updated_at][not_in]=2026-03-19,2026-03-17', ['منى', 'Bilal', 'omar']],
      [`filter[id][in]=${ids.Mona},${ids.omar}`, ['omar', 'Mona']],
      ['filter[phone]=%2B49 151 1234-5678', ['Bilal']],
      ['filter[phone][like]=5112345', ['Bilal']],
      ['filter[email]=MONA@shop.example', ['Mona']],
      ['filter[email][null]=false', ['Mona']],
      ['filter[firstname]=OMAR', ['omar']],
      ['filter[firstname][like]=ON', ['Mona']],
      ['filter[lastname]=adel', ['Zeina']],
      ['filter[company][like]=0% c', ['omar']],
      ['filter[company]=100% Cotton', ['omar']],
    ] as const) {
      expect({ query, names: await names(query.replaceAll('% ', '%25 ')) }).toEqual({ query, names: expected });
    }
  });

  it('says that nothing was changed before it was made, also by a transaction that began earlier', async () => {
    const [row] = await stranger.rows<{ is_same: boolean }>(
      `UPDATE contacts SET updated_at = created_at - interval '1 millisecond' WHERE tenant_id = $1
       RETURNING updated_at = created_at AS is_same`,
      [stranger.id],
    );
    expect(row).toEqual({ is_same: true });
  });

  it.each([
    ['MONA', ['Mona']],
    ['mona ali', ['Mona']],
    ['shop.ex', ['Mona']],
    ['00000', ['منى', 'Zeina', 'omar', 'Mona']],
    ['cotton', ['omar']],
    ['من', ['منى']],
    ['0%', ['omar']],
    ['%', ['omar']],
    ['r_s', ['منى']],
    ['_', ['منى']],
    ['\\', ['منى']],
    ['adel%', []],
    ["' OR 1=1 --", []],
    ['"; DROP TABLE contacts', []],
  ])('finds %s in names, e-mail, phone and company', async (text, expected) => {
    expect(await names(`q=${encodeURIComponent(text)}`)).toEqual(expected);
    expect(await names(`search=${encodeURIComponent(text)}&sort=-created_at`)).toEqual(expected);
  });

  it.each([
    ['firstname', '%', []],
    ['firstname', '_', []],
    ['firstname', 'M%a', []],
    ['firstname', '\\', []],
    ['firstname', "' OR 1=1 --", []],
    ['lastname', "'; DROP TABLE contacts; --", []],
    ['phone', '%', []],
    ['email', '_', []],
    ['company', '%', ['omar']],
    ['company', '_', ['منى']],
    ['company', '\\', ['منى']],
    ['company', 'R_s', ['منى']],
  ])('takes what a like filter of %s says, %s, as it is', async (field, text, expected) => {
    expect(await names(`filter[${field}][like]=${encodeURIComponent(text)}`)).toEqual(expected);
    expect(await names(`filter[${field}]=${encodeURIComponent(text)}`)).toEqual([]);
  });

  it('includes groups, source and status, also beside chosen fields', async () => {
    const { items } = await getList(
      tenant.api,
      'contacts',
      `include=groups,source,status&fields=id,phone&filter[id]=${ids.Zeina}`,
    );
    expect(items).toEqual([
      {
        id: ids.Zeina,
        phone: '201100000003',
        groups: [
          expect.objectContaining({ id: groups.vip, name: 'VIP' }),
          expect.objectContaining({ id: groups.press, name: 'Press' }),
        ],
        source: expect.objectContaining({ id: other.source, name: 'Other' }) as unknown,
        status: expect.objectContaining({ name: 'New', color: null }) as unknown,
      },
    ]);
    expect((await getList(tenant.api, 'contacts', 'fields=firstname&per_page=1')).items).toEqual([
      { firstname: 'منى' },
    ]);
  });

  it.each([
    ['sort=phone', 'sort'],
    ['include=staff', 'include'],
    ['fields=search_text', 'fields'],
    ['filter[search_text]=a', 'filter.search_text'],
    ['filter[type]=friend', 'filter.type'],
    ['filter[type][like]=lead', 'filter.type.like'],
    ['filter[status_id]=x', 'filter.status_id'],
    ['filter[status_id][gt]=1', 'filter.status_id.gt'],
    ['filter[group_id]=2147483648', 'filter.group_id'],
    ['filter[created_at]=yesterday', 'filter.created_at'],
    [`filter[firstname]=${'a'.repeat(10_240)}`, 'filter'],
    [`q=${'a'.repeat(201)}`, 'q'],
    ['per_page=101', 'per_page'],
  ])('refuses %.40s', async (query, parameter) => {
    expect(Object.keys(await refusedBy(tenant.api, 'contacts', query))).toEqual([parameter]);
  });

  it('finds by a search what stands together far back in the order, on every page', async () => {
    const many = await TestTenant.create({ withoutNumber: true });
    // More rows than are looked through first; what is searched for was made first, and ends the names but for two.
    await many.rows(
      `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone, company, created_at)
       SELECT $1, CASE WHEN n <= 2 THEN 'Adel' WHEN n <= 42 THEN 'Yusuf' ELSE 'Mona' END, lpad(n::text, 4, '0'), 'lead',
              (201200000000 + n)::text, CASE WHEN n <= 42 THEN 'Little Shop' END, now() + n * interval '1 second'
         FROM generate_series(1, 3500) n`,
      [many.id],
    );
    const found = async (query: string): Promise<string[]> => {
      const page = `search=little+shop&per_page=15&${query}`;
      const { items, pagination } = await getList<Contact & { lastname: string }>(many.api, 'contacts', page);
      const shown = items.map(({ lastname }) => lastname);
      const { next_cursor: next } = pagination;
      return next === null ? shown : [...shown, ...(await found(`cursor=${encodeURIComponent(next)}`))];
    };
    const expected = Array.from({ length: 42 }, (_, index) => String(index + 1).padStart(4, '0'));
    expect(await found('sort=firstname')).toEqual(expected);
    expect(await found('sort=-firstname')).toEqual(expected.toReversed());
    expect(await found('sort=firstname&page=3')).toEqual(expected.slice(30));
    expect(await found('sort=-created_at')).toEqual(expected.toReversed());
    expect(await found('page=3')).toEqual(expected.toReversed().slice(30));
    await many.close();
  });

  it('finds the same for a tenant that has most of all contacts, and nothing of the others', async () => {
    const most = await TestTenant.create({ withoutNumber: true });
    await most.rows(
      `INSERT INTO contacts (tenant_id, firstname, lastname, type, phone, company)
       SELECT $1, 'Mona', n::text, 'lead', (201100000000 + n)::text, CASE WHEN n % 250 = 1 THEN 'Zeina Adel' END
         FROM generate_series(1, 10000) n`,
      [most.id],
    );
    await most.rows('ANALYZE contacts', []);
    const lists = async (of: TestTenant, query: string) => {
      const { items, pagination } = await getList<Contact>(of.api, 'contacts', query);
      return [items.length, pagination.total];
    };
    expect(await lists(most, 'search=zeina+adel')).toEqual([15, 40]);
    expect(await lists(most, 'filter[company][like]=zeina')).toEqual([15, 40]);
    expect(await lists(most, 'search=201100000001')).toEqual([1, 1]);
    expect(await names('search=zeina+adel')).toEqual(['Zeina']);
    expect(await names('search=201100000005')).toEqual(['منى']);
    await most.close();
  });

  it.each(['201100', '0110000', '100000005', '49151123', '151123456'])(
    'finds by digits %s, wherever they stand',
    async (digits) => {
      const { items } = await getList<Contact>(tenant.api, 'contacts', '');
      const expected = items.filter(({ phone }) => phone?.includes(digits));
      expect(expected).not.toEqual([]);
      expect(await names(`search=${digits}`)).toEqual(expected.map(({ firstname }) => firstname));
    },
  );

  it("does not take another tenant's cursor", async () => {
    const { pagination } = await getList(tenant.api, 'contacts', 'per_page=1');
    expect(Object.keys(await refusedBy(stranger.api, 'contacts', `cursor=${pagination.next_cursor}`))).toEqual([
      'cursor',
    ]);
  });
});
