import fc from 'fast-check';
import type { ListRequest } from './list-request.js';
import type { FilterableField } from './list-spec.js';
import { containing, countStatement, nearPageStatement, pageStatement } from './list-sql.js';
import { readListRequest } from './read-list-request.js';
import { PARCEL_LIST } from './testing/parcel-list.js';

const scope = { tenantId: 42 };
const request = (query: string, changes: Partial<ListRequest> = {}): ListRequest => ({
  ...readListRequest(PARCEL_LIST, query, () => undefined),
  ...changes,
});

describe('the SQL of a list', () => {
  it('names the tenant first, always', () => {
    for (const query of ['', 'search=abc', 'filter[state]=new']) {
      for (const { text, parameters } of [
        pageStatement(PARCEL_LIST, scope, request(query)),
        countStatement(PARCEL_LIST, scope, request(query), 10),
      ]) {
        expect(text).toMatch(/WHERE p\.tenant_id = \$1::int\b/);
        expect(parameters[0]).toBe(42);
      }
    }
  });

  it('holds nothing that the caller wrote: values are parameters', () => {
    const mark = fc.stringMatching(/^[a-z]{12}$/);
    const around = fc.constantFrom("'; DROP TABLE parcels; --", '$1', '"', "\\'", '%', '_', ') OR 1=1 --');
    fc.assert(
      fc.property(mark, around, (word, attack) => {
        const value = encodeURIComponent(`${word}${attack}`);
        const query = `search=${value}&filter[name]=${value}&filter[name][like]=${value}&filter[note][not_in]=${value}`;
        const { text, parameters } = pageStatement(PARCEL_LIST, scope, request(query));
        expect(text).not.toContain(word);
        expect(text).not.toContain('DROP');
        expect(JSON.stringify(parameters)).toContain(word);
      }),
    );
  });

  it('takes wildcards of the caller for what they are', () => {
    expect(containing('50%_\\')).toBe('%50\\%\\_\\\\%');
  });

  it('folds what is searched for where the columns are folded, and the columns elsewhere', () => {
    const folded = { ...PARCEL_LIST, search: { description: 'N.', columns: ['p.name'], indexed: true } } as const;
    expect(pageStatement(folded, scope, request('q=Box')).text).toContain('(p.name LIKE lower($2::text))');
    expect(pageStatement(PARCEL_LIST, scope, request('q=Box')).text).toContain(
      '(p.name ILIKE $2::text OR p.note ILIKE $2::text)',
    );
  });

  it('asks an index for the distinctive part of a search, and the row for the whole', () => {
    const search = {
      description: 'N.',
      columns: ['p.name', 'p.note'],
      indexed: true,
      distinctive: (text: string) => text.replace(/^20/, ''),
    } as const;
    const { text, parameters } = pageStatement({ ...PARCEL_LIST, search }, scope, request('q=2010_1'));
    expect(text).toContain('(p.name LIKE lower($2::text) OR p.note LIKE lower($2::text))');
    expect(text).toContain('(strpos(p.name, lower($3::text)) > 0 OR strpos(p.note, lower($3::text)) > 0)');
    expect(parameters.slice(0, 3)).toEqual([42, '%10\\_1%', '2010_1']);
    expect(pageStatement({ ...PARCEL_LIST, search }, scope, request('q=Box')).text).not.toContain('strpos');
  });

  it('keeps a tenant that has most of the rows out of the index of trigrams, which compares no bigint', () => {
    const most = { ...scope, hasMost: true };
    for (const { text, parameters } of [
      pageStatement(PARCEL_LIST, most, request('q=box')),
      countStatement(PARCEL_LIST, most, request('q=box'), 10),
    ]) {
      expect(text).toContain('WHERE p.tenant_id = $1::bigint');
      expect(parameters[0]).toBe(42);
    }
  });

  it('looks for a page of a search among the first rows of its order, within all that else is asked', () => {
    const asked = request('q=box&sort=name&filter[state]=new', { after: ['Mona', 5] });
    const { text, parameters } = nearPageStatement(PARCEL_LIST, scope, asked, 2000) ?? { text: '', parameters: [] };
    expect(text).toBe(`SELECT p.id AS id, p.name AS sort_0, p.id AS sort_1
  FROM (SELECT p.* FROM parcels p
         WHERE p.tenant_id = $1::int AND p.state = $2::text AND (p.name, p.id) > ($3::text, $4::bigint)
         ORDER BY p.name, p.id LIMIT $5::bigint) AS p
 WHERE (p.name ILIKE $6::text OR p.note ILIKE $6::text)
 ORDER BY p.name, p.id
 LIMIT $7::bigint OFFSET $8::bigint`);
    expect(parameters).toEqual([42, 'new', 'Mona', 5, 2000, '%box%', asked.perPage + 1, 0]);
  });

  it('narrows a like filter by the text that holds the field, and lets the field decide', () => {
    const name = { ...PARCEL_LIST.filterable.name, holder: 'p.everything' } as FilterableField;
    const spec = { ...PARCEL_LIST, filterable: { ...PARCEL_LIST.filterable, name } };
    expect(pageStatement(spec, scope, request('filter[name][like]=Box')).text).toContain(
      '(p.everything LIKE lower($2::text) AND p.name ILIKE $2::text)',
    );
    expect(pageStatement(spec, scope, request('filter[name]=Box')).text).not.toContain('p.everything');
  });

  it('bounds by an upper time also the time that is never later, and by nothing else', () => {
    const seen_at = {
      ...PARCEL_LIST.filterable.created_at,
      sql: 'p.seen_at',
      neverBefore: 'p.made_at',
    } as FilterableField;
    const spec = { ...PARCEL_LIST, filterable: { seen_at } };
    const where = (filter: string): string => {
      const read = readListRequest(spec, `filter[seen_at]${filter}`, () => undefined);
      return pageStatement(spec, scope, read).text.split('\n')[3] ?? '';
    };
    const end = '(p.seen_at < $N::timestamptz AND p.made_at < $N::timestamptz)';
    const bounded = (placeholder: number): string => end.replaceAll('$N', `$${placeholder}`);
    expect(where('[lt]=2026-05-07')).toBe(`   AND ${bounded(2)}`);
    expect(where('[lte]=2026-05-07')).toBe(`   AND ${bounded(2)}`);
    expect(where('[between]=2026-05-07,2026-05-08')).toBe(`   AND (p.seen_at >= $2::timestamptz AND ${bounded(3)})`);
    expect(where('=2026-05-07')).toBe(`   AND (p.seen_at >= $2::timestamptz AND ${bounded(3)})`);
    for (const other of ['[gt]=2026-05-07', '[gte]=2026-05-07', '[ne]=2026-05-07', '[not_in]=2026-05-07']) {
      expect(where(other)).not.toContain('made_at');
    }
  });

  it('bounds a list of times by the beginning of the earliest and the end of the latest', () => {
    const days = request('filter[created_at][in]=2026-05-08,2026-05-07,2026-05-09');
    const { text, parameters } = pageStatement(PARCEL_LIST, scope, days);
    expect(text).toContain('((p.created_at >= $2::timestamptz AND p.created_at < $3::timestamptz) AND ((');
    expect(parameters.slice(1, 3)).toEqual(['2026-05-07T00:00:00.000Z', '2026-05-10T00:00:00.000Z']);
  });

  describe('of a field that has a table of its members', () => {
    const source = {
      from: 'members m',
      join: { alias: 'p', sql: 'JOIN parcels p ON p.id = m.parcel_id' },
      tenant: 'm.tenant_id',
      id: 'm.parcel_id',
      sortable: { ...PARCEL_LIST.source.sortable, created_at: { type: 'timestamp', sql: 'm.created_at' } },
    } as const;
    const group = { ...PARCEL_LIST.filterable.group_id, members: { source, value: 'm.group_id' } } as FilterableField;
    const group_id: FilterableField = { ...group, operators: ['eq', 'ne', 'in', 'not_in', 'null'] };
    const spec = { ...PARCEL_LIST, filterable: { ...PARCEL_LIST.filterable, group_id } };
    const read = (query: string, changes: Partial<ListRequest> = {}) => ({
      ...readListRequest(spec, query, () => undefined),
      ...changes,
    });

    it.each(['filter[group_id]=3', 'filter[group_id][in]=3'])('reads the rows with one value there: %s', (query) => {
      const { text, parameters } = pageStatement(spec, scope, read(query, { after: ['2026-01-01T00:00:00.000Z', 5] }));
      expect(text).toBe(`SELECT m.parcel_id AS id, m.created_at AS sort_0, m.parcel_id AS sort_1
  FROM members m
 WHERE m.tenant_id = $1::int
   AND m.group_id = $2::int
   AND (m.created_at, m.parcel_id) < ($3::timestamptz, $4::bigint)
 ORDER BY m.created_at DESC, m.parcel_id DESC
 LIMIT $5::bigint OFFSET $6::bigint`);
      expect(parameters.slice(0, 2)).toEqual([42, '3']);
      expect(countStatement(spec, scope, read(query), 10).text).toContain(
        'FROM members m WHERE m.tenant_id = $1::int AND m.group_id = $2::int LIMIT',
      );
    });

    it('joins the row itself where a sort, a filter or the search names it', () => {
      for (const more of ['sort=name', 'filter[state]=new', 'q=box']) {
        expect(pageStatement(spec, scope, read(`filter[group_id]=3&${more}`)).text).toContain(
          'FROM members m JOIN parcels p ON p.id = m.parcel_id\n',
        );
      }
    });

    it('looks up one of several values there, of the tenant alone', () => {
      const { text, parameters } = pageStatement(spec, scope, read('filter[group_id][in]=3,4'));
      expect(text).toContain(
        'p.id IN (SELECT m.parcel_id FROM members m WHERE m.tenant_id = $1::int AND m.group_id = ANY ($2::int[]))',
      );
      expect(text).toContain('FROM parcels p\n');
      expect(parameters[1]).toEqual(['3', '4']);
    });

    it('takes one value as a look-up beside another, and in a search with a place of its own', () => {
      const both = pageStatement(spec, scope, read('filter[group_id]=3&filter[group_id][in]=4,5')).text;
      expect(both).toContain('m.group_id = $2::int\n');
      expect(both).toContain('m.parcel_id IN (SELECT m.parcel_id FROM members m WHERE');
      const texts = { ...PARCEL_LIST.source, from: 'texts p' };
      const elsewhere = { ...spec, search: { description: 'T.', columns: ['p.text'], source: texts } };
      const searched = pageStatement(elsewhere, scope, read('filter[group_id]=3&q=box')).text;
      expect(searched).toContain('FROM texts p\n');
      expect(searched).toContain('p.id IN (SELECT m.parcel_id FROM members m WHERE');
    });

    it('leaves to the field what it does not contain, and whether it contains anything', () => {
      const where = (filter: string) => pageStatement(spec, scope, read(filter)).text;
      expect(where('filter[group_id][ne]=3')).toContain('((p.group_id && $2::bigint[]::int[]) IS NOT TRUE)');
      expect(where('filter[group_id][not_in]=3,4')).toContain('((p.group_id && $2::bigint[]::int[]) IS NOT TRUE)');
      expect(where('filter[group_id][null]=true')).toContain("p.group_id = '{}'");
      expect(where('filter[group_id][null]=false')).toContain("p.group_id <> '{}'");
    });
  });

  it('continues a sort that goes one way by one comparison of rows, for the index', () => {
    const { text } = pageStatement(PARCEL_LIST, scope, request('', { after: ['2026-01-01T00:00:00.000Z', 5] }));
    expect(text).toContain('(p.created_at, p.id) < ($2::timestamptz, $3::bigint)');
    expect(text).toContain('ORDER BY p.created_at DESC, p.id DESC');
    expect(text).toContain('LIMIT $4::bigint OFFSET $5::bigint');
  });

  it('continues a mixed sort part by part, bounded by its first', () => {
    const mixed = request('sort=name,-weight', { after: ['box', 3, 5] });
    expect(pageStatement(PARCEL_LIST, scope, mixed).text).toContain(
      '(p.name >= $2::text AND ((p.name > $2::text) OR (p.name = $2::text AND p.weight < $3::bigint) OR (p.name = $2::text AND p.weight = $3::bigint AND p.id < $4::bigint)))',
    );
  });

  it('joins a second table only where something names it', () => {
    const source = { ...PARCEL_LIST.source, join: { alias: 'b', sql: 'JOIN boxes b ON b.id = p.box_id' } };
    const weight = { type: 'integer', sql: 'b.weight', operators: ['eq'], description: 'W.', example: '1' } as const;
    const spec = { ...PARCEL_LIST, source, filterable: { ...PARCEL_LIST.filterable, weight } };
    const joins = (query: string, within?: { sql: string; id: number }): boolean[] =>
      [
        pageStatement(spec, { tenantId: 1, within }, request(query)),
        countStatement(spec, { tenantId: 1, within }, request(query), 10),
      ].map(({ text }) => text.includes('JOIN boxes b'));
    expect(joins('')).toEqual([false, false]);
    expect(joins('filter[state]=new')).toEqual([false, false]);
    expect(joins('filter[weight]=1')).toEqual([true, true]);
    expect(joins('', { sql: 'b.id', id: 3 })).toEqual([true, true]);
  });

  it('reads one row more than it shows, from where the page begins', () => {
    const { parameters } = pageStatement(PARCEL_LIST, scope, request('page=3&per_page=20'));
    expect(parameters.slice(-2)).toEqual([21, 40]);
  });
});
