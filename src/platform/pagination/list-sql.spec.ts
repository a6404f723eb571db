import fc from 'fast-check';
import type { ListRequest } from './list-request.js';
import type { FilterableField } from './list-spec.js';
import { containing, countStatement, pageStatement } from './list-sql.js';
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

  it('narrows a like filter by the text that holds the field, and lets the field decide', () => {
    const name = { ...PARCEL_LIST.filterable.name, holder: 'p.everything' } as FilterableField;
    const spec = { ...PARCEL_LIST, filterable: { ...PARCEL_LIST.filterable, name } };
    expect(pageStatement(spec, scope, request('filter[name][like]=Box')).text).toContain(
      '(p.everything LIKE lower($2::text) AND p.name ILIKE $2::text)',
    );
    expect(pageStatement(spec, scope, request('filter[name]=Box')).text).not.toContain('p.everything');
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
