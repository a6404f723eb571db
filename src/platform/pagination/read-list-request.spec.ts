import fc from 'fast-check';
import { ApiError } from '../http/api-error.js';
import type { CursorContent } from './list-cursors.js';
import type { ListRequest } from './list-request.js';
import { readListRequest } from './read-list-request.js';
import { PARCEL_LIST } from './testing/parcel-list.js';

const read = (query: string, cursor?: CursorContent): ListRequest => readListRequest(PARCEL_LIST, query, () => cursor);

/** What is wrong, by parameter. */
const faults = (query: string, cursor?: CursorContent): unknown => {
  try {
    read(query, cursor);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'VALIDATION_ERROR') return error.details;
    throw error;
  }
  throw new Error(`nothing was refused in ${query}`);
};

const values = (query: string) =>
  read(query).filters.map(({ field, operator, values }) => [field, operator, ...values]);

describe('the grammar of lists', () => {
  it('has a usual page, sorted as the list says', () => {
    expect(read('')).toEqual({
      page: 1,
      perPage: 15,
      sort: [{ field: 'created_at', descending: true }],
      filters: [],
      search: null,
      fields: null,
      include: [],
      after: null,
    });
  });

  it('reads every part', () => {
    const query = 'page=3&per_page=20&sort=name,-weight&q=box&fields=name,id&include=groups&filter[state]=new';
    expect(read(query)).toMatchObject({
      page: 3,
      perPage: 20,
      sort: [
        { field: 'name', descending: false },
        { field: 'weight', descending: true },
      ],
      search: 'box',
      fields: ['name', 'id'],
      include: ['groups'],
      filters: [{ field: 'state', operator: 'eq', values: ['new'] }],
    });
  });

  it('takes an empty parameter for one that was left out, and leaves unknown ones alone', () => {
    expect(read('page=&sort=&search=%20&fields=&include=&cursor=&utm_source=x&a[b][c]=d')).toEqual(read(''));
  });

  it.each([
    ['filter[weight][gte]=5', ['weight', 'gte', '5']],
    ['filter[weight][>=]=5', ['weight', 'gte', '5']],
    ['filter[weight][lte]=5', ['weight', 'lte', '5']],
    ['filter[weight][%3C%3D]=5', ['weight', 'lte', '5']],
    ['filter[weight][gt]=5', ['weight', 'gt', '5']],
    ['filter[weight][>]=5', ['weight', 'gt', '5']],
    ['filter[weight][lt]=-5', ['weight', 'lt', '-5']],
    ['filter[weight][<]=5', ['weight', 'lt', '5']],
    ['filter[weight][ne]=5', ['weight', 'ne', '5']],
    ['filter[weight][!=]=5', ['weight', 'ne', '5']],
    ['filter[weight][eq]=5', ['weight', 'eq', '5']],
    ['filter[weight][in]=1,2', ['weight', 'in', '1', '2']],
    ['filter[weight][not_in]=1', ['weight', 'not_in', '1']],
    ['filter[weight][between]=1,2', ['weight', 'between', '1', '2']],
    ['filter[name][like]=a%25b', ['name', 'like', 'a%b']],
    ['filter[note][null]=true', ['note', 'null', true]],
    ['filter[note][null]=0', ['note', 'null', false]],
    ['filter[fragile]=1', ['fragile', 'eq', true]],
    ['filter%5Bname%5D=%D8%B9', ['name', 'eq', 'ع']],
    ['filter[group_id][in]=3,4', ['group_id', 'in', '3', '4']],
  ])('understands %s', (query, expected) => {
    expect(values(query)).toEqual([expected]);
  });

  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000Z', '2026-01-31T08:00:01.000Z'],
    ['2026-01-31T08:00:00%2B02:00', '2026-01-31T06:00:00.000Z', '2026-01-31T06:00:01.000Z'],
    // A plus sign that was not encoded.
    ['2026-01-31T08:00:00+0000', '2026-01-31T08:00:00.000Z', '2026-01-31T08:00:01.000Z'],
    ['2026-01-31 08:00:00.5', '2026-01-31T08:00:00.500Z', '2026-01-31T08:00:00.501Z'],
    ['9998-12-31', '9998-12-31T00:00:00.000Z', '9999-01-01T00:00:00.000Z'],
  ])('a time means the span that it names: %s', (written, from, to) => {
    expect(values(`filter[created_at]=${written}`)).toEqual([['created_at', 'eq', { from, to }]]);
  });

  it.each([
    ['per_page=1', 1],
    ['per_page=100', 100],
  ])('takes %s', (query, perPage) => {
    expect(read(query).perPage).toBe(perPage);
  });

  const perPage = { per_page: ['must be an integer from 1 to 100'] };
  const page = { page: ['must be an integer from 1 to 10000000'] };
  it.each([
    ['per_page=0', perPage],
    ['per_page=101', perPage],
    ['per_page=1.5', perPage],
    ['per_page=-1', perPage],
    ['per_page=99999999999999999999', perPage],
    ['page=0', page],
    ['page=x', page],
    ['page=10000001', page],
    ['page=1&page=2', { page: ['must be given once'] }],
    ['page[]=1', { page: ['must be a text'] }],
    ['sort=state', { sort: ['sort may name created_at, name, weight, each with a leading - to descend'] }],
    ['sort=__proto__', { sort: [expect.stringContaining('created_at, name, weight')] }],
    ['sort=--name', { sort: [expect.stringContaining('created_at, name, weight')] }],
    ['sort=name,-name', { sort: ['must name a field once'] }],
    ['fields=id,secret', { fields: ['may name id, name, weight'] }],
    ['include=owner', { include: ['may name sender, groups'] }],
    ['search=a&q=b', { q: ['is another name of search: give one of them'] }],
    [`search=${'a'.repeat(201)}`, { search: ['must not be longer than 200 characters'] }],
    ['q=a%00', { q: ['must not contain NUL characters'] }],
    [
      'filter[colour]=red',
      {
        'filter.colour': [
          'there is no such filter; this list has state, name, note, weight, fragile, created_at, group_id',
        ],
      },
    ],
    ['filter[__proto__]=1', { 'filter.__proto__': [expect.stringContaining('there is no such filter')] }],
    ['filter[constructor][ne]=1', { 'filter.constructor.ne': [expect.stringContaining('no such filter')] }],
    ['filter[state][gt]=new', { 'filter.state.gt': ['state has no such operator; it has eq, ne, in, not_in'] }],
    ['filter[state][like]=new', { 'filter.state.like': [expect.stringContaining('eq, ne, in, not_in')] }],
    ['filter[weight][about]=1', { 'filter.weight.about': [expect.stringContaining('eq, ne, in, not_in, gt')] }],
    ['filter[weight][toString]=1', { 'filter.weight.toString': [expect.stringContaining('no such operator')] }],
    ['filter[state]=gone', { 'filter.state': ['must be one of new, sent'] }],
    ['filter[state][in]=new,gone', { 'filter.state.in': ['each value must be one of new, sent'] }],
    ['filter[weight]=heavy', { 'filter.weight': ['must be an integer'] }],
    ['filter[weight]=', { 'filter.weight': ['must be an integer'] }],
    ['filter[weight]=1e3', { 'filter.weight': ['must be an integer'] }],
    ['filter[weight]=1000000000000000', { 'filter.weight': ['must be an integer'] }],
    ['filter[group_id]=2147483648', { 'filter.group_id': ['must be an integer'] }],
    ['filter[weight][between]=1', { 'filter.weight.between': ['must have two values, separated by a comma'] }],
    ['filter[weight][between]=2,1', { 'filter.weight.between': ['must have the smaller value first'] }],
    ['filter[weight][in]=', { 'filter.weight.in': ['each value must be an integer'] }],
    [`filter[weight][in]=${'1,'.repeat(100)}1`, { 'filter.weight.in': ['must not have over 100 values'] }],
    ['filter[note][null]=maybe', { 'filter.note.null': ['must be true or false'] }],
    ['filter[name][like]=', { 'filter.name.like': ['must not be empty'] }],
    ['filter[created_at]=2026-02-30', { 'filter.created_at': [expect.stringContaining('ISO 8601')] }],
    ['filter[created_at]=2026-01-01T25:00:00Z', { 'filter.created_at': [expect.stringContaining('ISO 8601')] }],
    ['filter[created_at]=1969-12-31', { 'filter.created_at': [expect.stringContaining('from 1970 to 9998')] }],
    ['filter[created_at]=9999-01-01', { 'filter.created_at': [expect.stringContaining('from 1970 to 9998')] }],
    ['filter[name]=a&filter[name]=b', { 'filter.name': ['must be given once'] }],
    ['filter[weight][gte]=1&filter[weight][>=]=2', { 'filter.weight.>=': ['must be given once'] }],
    ['filter=new', { filter: ['must look like filter[field] or filter[field][operator]'] }],
    ['filter[a][b][c]=1', { filter: ['must look like filter[field] or filter[field][operator]'] }],
    ['filter[state][in][]=new', { filter: ['must look like filter[field] or filter[field][operator]'] }],
  ])('refuses %s', (query, expected) => {
    expect(faults(query)).toEqual(expected);
  });

  it('names every wrong parameter at once', () => {
    expect(faults('per_page=0&page=x&sort=a&fields=b&include=c&filter[d]=1&filter[state][e]=1')).toEqual({
      per_page: [expect.any(String)],
      page: [expect.any(String)],
      sort: [expect.any(String)],
      fields: [expect.any(String)],
      include: [expect.any(String)],
      'filter.d': [expect.any(String)],
      'filter.state.e': [expect.any(String)],
    });
  });

  it('takes 100 values and 200 parameters, 2,000 characters of filters and 200 of search; no more', () => {
    expect(read(`filter[weight][in]=${'1,'.repeat(99)}1`).filters[0]?.values).toHaveLength(100);
    expect(read(`search=${'😀'.repeat(200)}`).search).toHaveLength(400);
    expect(read('a=1&'.repeat(200))).toEqual(read(''));
    expect(faults('a=1&'.repeat(10_000))).toEqual({ query: ['must not have over 200 parameters'] });
    expect(read(`filter[name]=${'a'.repeat(2000)}`).filters).toHaveLength(1);
    expect(faults(`filter[name]=${'a'.repeat(2000)}&q=b`)).toEqual({ filter: [expect.stringContaining('2000')] });
  });

  it('answers any query with a request or a 422, and changes no prototype', () => {
    const word = fc.constantFrom(
      ...['filter', 'page', 'per_page', 'sort', 'cursor', 'search', 'q', 'fields', 'include', '[', ']', '=', '&', ','],
      ...[
        'state',
        'weight',
        'created_at',
        'in',
        'between',
        'null',
        '>=',
        '-',
        '1',
        'x',
        '%',
        '%00',
        '%ff',
        '+',
        '__proto__',
      ],
    );
    const query = fc.oneof(
      fc.array(fc.oneof(word, fc.string({ unit: 'binary' })), { maxLength: 40 }).map((words) => words.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(query, (text) => {
        try {
          const { perPage: size, page: number } = read(text);
          return size >= 1 && size <= 100 && number >= 1;
        } catch (error) {
          return error instanceof ApiError && error.status === 422;
        }
      }),
      { numRuns: 500 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a list that is continued by its cursor', () => {
  const cursor: CursorContent = {
    page: 4,
    perPage: 20,
    sort: '-weight',
    filters: [
      ['state', 'in', 'new,sent'],
      ['created_at', 'gte', '2026-01-01'],
    ],
    search: 'box',
    fields: ['id'],
    include: ['groups'],
    position: [100, 7],
  };

  it('takes from the cursor what is left out', () => {
    expect(read('cursor=c', cursor)).toMatchObject({
      page: 4,
      perPage: 20,
      sort: [{ field: 'weight', descending: true }],
      filters: [
        { field: 'state', operator: 'in', values: ['new', 'sent'] },
        { field: 'created_at', operator: 'gte' },
      ],
      search: 'box',
      fields: ['id'],
      include: ['groups'],
      after: [100, 7],
    });
  });

  it('takes what is repeated as it was, in whatever spelling', () => {
    const query = 'cursor=c&page=4&sort=-weight&q=box&filter[state][in]=new, sent&filter[created_at][>=]=2026-01-01';
    expect(read(query, cursor).after).toEqual([100, 7]);
  });

  it('may be shown in other sizes, and with other fields', () => {
    expect(read('cursor=c&per_page=50&fields=name&include=sender', cursor)).toMatchObject({
      perPage: 50,
      fields: ['name'],
      include: ['sender'],
    });
  });

  it.each([
    ['page=5', 'continues another page than page says'],
    ['sort=weight', 'belongs to another sort'],
    ['sort=-weight,name', 'belongs to another sort'],
    ['search=box2', 'belongs to another search'],
    ['filter[state][in]=new', 'belongs to another filter.state.in'],
    ['filter[state]=new', 'belongs to another filter.state'],
    ['filter[weight]=1', 'belongs to another filter.weight'],
    ['filter[created_at][gte]=2026-01-02', 'belongs to another filter.created_at.gte'],
  ])('is refused with %s', (query, message) => {
    expect(faults(`cursor=c&${query}`, cursor)).toEqual({ cursor: [message] });
  });

  it('is refused when the cursor does not open', () => {
    expect(faults('cursor=made-up')).toEqual({
      cursor: ['is not a cursor of this list: take next_cursor as it was given'],
    });
  });

  it('is refused when this release knows its sort or filter no more', () => {
    expect(faults('cursor=c', { ...cursor, sort: '-height' })).toEqual({ cursor: [expect.any(String)] });
    expect(faults('cursor=c', { ...cursor, filters: [['height', '', '1']] })).toEqual({ cursor: [expect.any(String)] });
  });
});
