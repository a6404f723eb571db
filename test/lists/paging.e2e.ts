import fc from 'fast-check';
import { EXACT_TOTAL } from '../../src/platform/pagination/lists.js';
import { PARCEL_LIST } from '../../src/platform/pagination/testing/parcel-list.js';
import { ListLab, type NewParcel } from './list-lab.js';

const DAY = Date.UTC(2026, 0, 1);
const parcel = (fields: Partial<NewParcel> = {}): NewParcel => ({
  name: 'box',
  note: null,
  state: 'new',
  weight: 100,
  fragile: false,
  created_at: new Date(DAY),
  group_id: [],
  ...fields,
});

describe('paging', () => {
  let lab: ListLab;
  let tenants = 0;
  const newTenant = (): number => (tenants += 1);
  beforeAll(async () => {
    lab = await ListLab.start();
  });
  afterAll(() => lab.stop());

  it('shows each row once, in order, whatever sort, filter and size, although rows are added at the head', async () => {
    // Few values, so that ties are everywhere.
    const rows = fc.array(
      fc.record({
        name: fc.constantFrom('a', 'b', 'B', 'é', 'ب'),
        weight: fc.integer({ min: 1, max: 3 }),
        state: fc.constantFrom('new', 'sent'),
        created_at: fc.integer({ min: 0, max: 3 }).map((ms) => new Date(DAY + ms)),
        note: fc.option(fc.constantFrom('x', 'y')),
      }),
      { maxLength: 30 },
    );
    const sort = fc
      .shuffledSubarray(['created_at', 'name', 'weight'], { minLength: 1 })
      .chain((fields) => fc.tuple(...fields.map((field) => fc.constantFrom(field, `-${field}`))))
      .map((parts) => parts.join(','));
    const filter = fc.constantFrom(
      '',
      '&filter[state]=new',
      '&filter[weight][in]=1,3',
      '&filter[note][ne]=x',
      '&filter[note][null]=true',
      '&q=b',
    );
    await fc.assert(
      fc.asyncProperty(rows, sort, filter, fc.integer({ min: 1, max: 7 }), async (given, by, only, size) => {
        const tenantId = newTenant();
        await lab.insert(newTenant(), given.map(parcel));
        await lab.insert(tenantId, given.map(parcel));
        const query = `sort=${by}${only}&per_page=${size}`;
        const whole = (await lab.page(tenantId, `sort=${by}${only}&per_page=100`)).items.map(({ id }) => id);
        expect(new Set(whole).size).toBe(whole.length);
        expect(await lab.byNumber(tenantId, query)).toEqual(whole);
        expect(await lab.byCursor(tenantId, query)).toEqual(whole);
        // At the head of this sort, whatever it is.
        const descends = by.startsWith('-');
        const head = parcel({
          name: descends ? '\u{10ffff}' : '',
          weight: descends ? 1000 : -1000,
          created_at: new Date(descends ? DAY + 1000 : DAY - 1000),
        });
        const added: number[] = [];
        const seen = await lab.byCursor(tenantId, query, async () =>
          added.push(...(await lab.insert(tenantId, [head]))),
        );
        expect(seen.filter((id) => !added.includes(id))).toEqual(whole);
        expect(seen.filter((id) => added.includes(id))).toEqual([]);
      }),
      { numRuns: 20 },
    );
    // Thousands of small statements.
  }, 180_000);

  it('filters as each operator says', async () => {
    const tenantId = newTenant();
    const at = (iso: string): Date => new Date(iso);
    const [a, b, c] = await lab.insert(tenantId, [
      parcel({ name: 'red box', weight: 1, note: 'x', group_id: [1, 2], created_at: at('2026-01-01T23:59:59.999Z') }),
      parcel({
        name: 'blue 50%',
        weight: 2,
        state: 'sent',
        fragile: true,
        group_id: [2],
        created_at: at('2026-01-02'),
      }),
      parcel({ name: 'Ärger', weight: 3, note: 'y', created_at: at('2026-01-02T00:00:00.500Z') }),
    ]);
    const found = async (filter: string): Promise<number[]> =>
      (await lab.page(tenantId, `${filter}&sort=weight`)).items.map(({ id }) => id);
    for (const [filter, ids] of [
      ['filter[state]=new', [a, c]],
      ['filter[state][ne]=new', [b]],
      ['filter[state][in]=new,sent', [a, b, c]],
      ['filter[state][not_in]=new', [b]],
      ['filter[note]=x', [a]],
      ['filter[note][ne]=x', [b, c]],
      ['filter[note][not_in]=x,y', [b]],
      ['filter[note][null]=true', [b]],
      ['filter[note][null]=false', [a, c]],
      ['filter[name][like]=BOX', [a]],
      ['filter[name][like]=0%25', [b]],
      ['filter[name][like]=_', []],
      ['filter[name][like]=%C3%A4RG', [c]],
      ['filter[weight]=2', [b]],
      ['filter[weight][gt]=2', [c]],
      ['filter[weight][gte]=2', [b, c]],
      ['filter[weight][lt]=2', [a]],
      ['filter[weight][lte]=2', [a, b]],
      ['filter[weight][between]=2,3', [b, c]],
      ['filter[weight]=999999999999999', []],
      ['filter[weight][gte]=1&filter[weight][lt]=3', [a, b]],
      ['filter[fragile]=true', [b]],
      ['filter[fragile][ne]=true', [a, c]],
      ['filter[group_id]=2', [a, b]],
      ['filter[group_id][in]=1,9', [a]],
      ['filter[group_id][not_in]=1,9', [b, c]],
      ['filter[created_at]=2026-01-01', [a]],
      ['filter[created_at]=2026-01-02T00:00:00Z', [b, c]],
      ['filter[created_at][ne]=2026-01-02T00:00:00Z', [a]],
      ['filter[created_at]=2026-01-02T00:00:00.500Z', [c]],
      ['filter[created_at][gt]=2026-01-01', [b, c]],
      ['filter[created_at][gte]=2026-01-02', [b, c]],
      ['filter[created_at][lt]=2026-01-02', [a]],
      ['filter[created_at][lte]=2026-01-01', [a]],
      ['filter[created_at][between]=2026-01-01,2026-01-02', [a, b, c]],
      ['filter[created_at][in]=2026-01-01,2026-01-05', [a]],
      ['filter[created_at][not_in]=2026-01-01', [b, c]],
      ['q=red', [a]],
      ['search=Y', [c]],
      ['search=e', [a, b, c]],
    ] as const) {
      expect({ filter, ids: await found(filter) }).toEqual({ filter, ids });
    }
  });

  it('says where a page stands, by number and by cursor', async () => {
    const tenantId = newTenant();
    await lab.insert(
      tenantId,
      Array.from({ length: 5 }, () => parcel()),
    );
    const cursor = expect.any(String) as string;
    const first = (await lab.page(tenantId, 'per_page=2')).pagination;
    expect(first).toEqual({
      current_page: 1,
      per_page: 2,
      total: 5,
      last_page: 3,
      from: 1,
      to: 2,
      next_cursor: cursor,
    });
    expect((await lab.page(tenantId, 'per_page=2&page=3')).pagination).toEqual({
      ...{ current_page: 3, per_page: 2, total: 5, last_page: 3, from: 5, to: 5, next_cursor: null },
    });
    const none = { total: null, last_page: null, from: null, to: null };
    const second = (await lab.page(tenantId, `cursor=${first.next_cursor}`)).pagination;
    expect(second).toEqual({ current_page: 2, per_page: 2, ...none, next_cursor: cursor });
    const third = (await lab.page(tenantId, `cursor=${second.next_cursor}`)).pagination;
    expect(third).toEqual({ current_page: 3, per_page: 2, ...none, next_cursor: null });
    expect((await lab.page(tenantId, 'per_page=2&page=9')).pagination).toEqual({
      ...{ current_page: 9, per_page: 2, total: 5, last_page: 3, from: null, to: null, next_cursor: null },
    });
    expect((await lab.page(newTenant(), '')).pagination).toEqual({
      ...{ current_page: 1, per_page: 15, total: 0, last_page: 1, from: null, to: null, next_cursor: null },
    });
  });

  it('keeps a search that indexes serve from reading the table from its beginning, and no other list', async () => {
    const tenantId = newTenant();
    await lab.insert(tenantId, [parcel()]);
    const indexed = { ...PARCEL_LIST, search: { description: 'N.', columns: ['p.name'], indexed: true } } as const;
    expect([
      await lab.settingOf('enable_seqscan', tenantId, indexed, 'q=box'),
      await lab.settingOf('enable_seqscan', tenantId, indexed, ''),
      await lab.settingOf('enable_seqscan', tenantId, PARCEL_LIST, 'q=box'),
    ]).toEqual(['off', 'on', 'on']);
  });

  it(`counts up to ${EXACT_TOTAL} and estimates above`, async () => {
    const tenantId = newTenant();
    const fill = (count: number): Promise<unknown> =>
      lab.postgres.pool.query(
        `INSERT INTO parcels (tenant_id, name, state, weight, fragile, created_at, group_id)
         SELECT $1, 'n', 'new', n, false, now(), '{}' FROM generate_series(1, $2::int) n`,
        [tenantId, count],
      );
    await fill(EXACT_TOTAL);
    const exact = (await lab.page(tenantId, '')).pagination;
    expect(exact).toMatchObject({ total: EXACT_TOTAL });
    expect(exact).not.toHaveProperty('total_is_estimate');
    await fill(5000);
    await lab.postgres.pool.query('ANALYZE parcels');
    const { total, total_is_estimate, last_page } = (await lab.page(tenantId, '')).pagination;
    expect(total_is_estimate).toBe(true);
    expect(last_page).toBe(Math.ceil((total ?? 0) / 15));
    // The planner's statistics are of a sample.
    expect(total).toBeGreaterThan(12_000);
    expect(total).toBeLessThan(18_000);
    // An estimate does not deny what is shown, and a short list stays counted.
    expect((await lab.page(tenantId, 'page=150&per_page=100')).pagination).toMatchObject({ to: 15_000, total: 15_000 });
    expect((await lab.page(tenantId, 'filter[weight]=1')).pagination).toMatchObject({ total: 2 });
  });
});

describe('a list that takes too long', () => {
  let lab: ListLab;
  beforeAll(async () => {
    lab = await ListLab.start({ LIST_TIMEOUT_MS: '50' });
    await lab.postgres.pool.query(
      `INSERT INTO parcels (tenant_id, name, state, weight, fragile, created_at, group_id)
       SELECT 1, repeat(md5(n::text), 50), 'new', n, false, now(), '{}' FROM generate_series(1, 40000) n`,
    );
  });
  afterAll(() => lab.stop());

  const refusal = (field: string) => ({
    status: 422,
    details: { [field]: [expect.stringContaining('took too long')] },
  });

  it('says so on the search that made it slow', async () => {
    await expect(lab.page(1, 'q=zz')).rejects.toMatchObject(refusal('search'));
  });

  it('estimates a total that cannot be counted in time', async () => {
    const { items, pagination } = await lab.page(1, 'q=a');
    expect(items).toHaveLength(15);
    expect(pagination.total_is_estimate).toBe(true);
  });

  it('answers other lists all the same', async () => {
    await lab.insert(2, [parcel()]);
    expect((await lab.page(2, '')).items).toHaveLength(1);
  });
});
