import type { FilterCondition, FilterValue, KeysetPosition, ListRequest, SortKey, TimeSpan } from './list-request.js';
import type { FilterableField, ListScope, ListSource, ListSpec, MemberTable, SortableField } from './list-spec.js';

/** A statement with its parameters. */
export interface ListStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** Collects what callers wrote, so that none of it becomes SQL. */
class Parameters {
  readonly values: unknown[] = [];

  /** The placeholder of a value. */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

const CAST = { text: 'text', integer: 'bigint', timestamp: 'timestamptz' } as const;

/** `%…%` that finds the text as it is: wildcards in it are escaped. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/**
 * The ids of one page with the values of their sort (`sort_0` …, for the cursor), in order: one row more than the
 * page holds, when there is one.
 */
export function pageStatement(spec: ListSpec, scope: ListScope, request: ListRequest): ListStatement {
  const reading = readingOf(spec, request);
  const { source } = reading;
  const parameters = new Parameters();
  const keys = keysOf(spec, source, request);
  const conditions = conditionsOf(spec, reading, scope, request, parameters);
  if (request.after) conditions.push(afterSql(keys, request.after, parameters));
  const text = `${selectSql(source, keys)}
  FROM ${fromSql(source, [...conditions, ...keys.map(({ sql }) => sql)])}
 WHERE ${conditions.join('\n   AND ')}
${endSql(keys, request, parameters)}`;
  return { text, parameters: parameters.values };
}

/**
 * The same page of a search, as far as the first `rows` rows of the order have it: when it is full, it is the page.
 * Undefined where another table has the order: members of a group.
 */
export function nearPageStatement(
  spec: ListSpec,
  scope: ListScope,
  request: ListRequest,
  rows: number,
): ListStatement | undefined {
  const { search, ...unsearched } = request;
  const reading = readingOf(spec, request);
  const { source } = reading;
  const alias = /\w+$/.exec(source.from)?.[0];
  if (alias === undefined || source !== spec.source) return undefined;
  const parameters = new Parameters();
  const keys = keysOf(spec, source, request);
  const conditions = conditionsOf(spec, reading, scope, { ...unsearched, search: null }, parameters);
  if (request.after) conditions.push(afterSql(keys, request.after, parameters));
  const text = `${selectSql(source, keys)}
  FROM (SELECT ${alias}.* FROM ${source.from}
         WHERE ${conditions.join(' AND ')}
         ORDER BY ${orderSql(keys)} LIMIT ${parameters.add(rows, 'bigint')}) AS ${alias}
 WHERE ${searchSql(spec, search, parameters).join(' AND ')}
${endSql(keys, request, parameters)}`;
  return { text, parameters: parameters.values };
}

const selectSql = (source: ListSource, keys: readonly OrderKey[]): string =>
  `SELECT ${source.id} AS id${keys.map(({ sql }, index) => `, ${sql} AS sort_${index}`).join('')}`;

const orderSql = (keys: readonly OrderKey[]): string =>
  keys.map(({ sql, descending }) => `${sql}${descending ? ' DESC' : ''}`).join(', ');

function endSql(keys: readonly OrderKey[], { after, page, perPage }: ListRequest, parameters: Parameters): string {
  const offset = after ? 0 : (page - 1) * perPage;
  return ` ORDER BY ${orderSql(keys)}
 LIMIT ${parameters.add(perPage + 1, 'bigint')} OFFSET ${parameters.add(offset, 'bigint')}`;
}

/** Counts the rows of all pages, at most `limit` of them. */
export function countStatement(spec: ListSpec, scope: ListScope, request: ListRequest, limit: number): ListStatement {
  const parameters = new Parameters();
  const rows = rowsSql(spec, scope, request, parameters);
  const text = `SELECT count(*)::int AS counted FROM (${rows} LIMIT ${parameters.add(limit, 'bigint')}) AS counted`;
  return { text, parameters: parameters.values };
}

/** Asks the planner how many rows there are, by its statistics; in constant time. */
export function estimateStatement(spec: ListSpec, scope: ListScope, request: ListRequest): ListStatement {
  const parameters = new Parameters();
  const text = `EXPLAIN (FORMAT JSON) ${rowsSql(spec, scope, request, parameters)}`;
  return { text, parameters: parameters.values };
}

function rowsSql(spec: ListSpec, scope: ListScope, request: ListRequest, parameters: Parameters): string {
  const reading = readingOf(spec, request);
  const conditions = conditionsOf(spec, reading, scope, request, parameters);
  return `SELECT 1 FROM ${fromSql(reading.source, conditions)} WHERE ${conditions.join(' AND ')}`;
}

/** Where a request is read from, and the filter that this place answers by itself. */
interface Reading {
  readonly source: ListSource;
  readonly narrowed?: { readonly by: FilterCondition; readonly members: MemberTable };
}

/** A search has its own place; else a filter by one member is read from the table of members. */
function readingOf(spec: ListSpec, { search, filters }: ListRequest): Reading {
  if (search !== null && spec.search?.source) return { source: spec.search.source };
  for (const by of filters) {
    const members = spec.filterable[by.field]?.members;
    if (members && isAnyOf(by) && by.values.length === 1) return { source: members.source, narrowed: { by, members } };
  }
  return { source: spec.source };
}

const isAnyOf = ({ operator }: FilterCondition): boolean => operator === 'eq' || operator === 'in';

/** What nobody names is not joined: a count of a search need not look at each message. */
function fromSql({ from, join }: ListSource, expressions: readonly string[]): string {
  if (!join) return from;
  const named = new RegExp(`\\b${join.alias}\\.`);
  return expressions.some((sql) => named.test(sql)) ? `${from} ${join.sql}` : from;
}

function conditionsOf(
  spec: ListSpec,
  { source, narrowed }: Reading,
  scope: ListScope,
  request: ListRequest,
  parameters: Parameters,
): string[] {
  // The operator classes of GIN have no comparison of integer and bigint, those of B-trees have one: as a bigint the
  // tenant narrows a walk in order, and not a look into an index of trigrams.
  const tenant = parameters.add(scope.tenantId, scope.hasMost ? 'bigint' : 'int');
  const conditions = [`${source.tenant} = ${tenant}`];
  if (scope.within) conditions.push(`${scope.within.sql} = ${parameters.add(scope.within.id, 'bigint')}`);
  for (const condition of request.filters) {
    const field = spec.filterable[condition.field];
    if (!field) throw new Error(`A filter of ${spec.name} that was not checked: ${condition.field}`);
    if (condition === narrowed?.by) {
      conditions.push(`${narrowed.members.value} = ${parameters.add(condition.values[0], 'int')}`);
    } else if (field.members && isAnyOf(condition)) {
      const { source: table, value } = field.members;
      const values = parameters.add(condition.values, 'int[]');
      const found = `${table.tenant} = ${tenant} AND ${value} = ANY (${values})`;
      conditions.push(`${source.id} IN (SELECT ${table.id} FROM ${table.from} WHERE ${found})`);
    } else {
      conditions.push(filterSql(field, condition, parameters));
    }
  }
  return [...conditions, ...searchSql(spec, request.search, parameters)];
}

function searchSql({ search: spec }: ListSpec, search: string | null, parameters: Parameters): string[] {
  if (search === null || !spec) return [];
  const distinctive = spec.distinctive?.(search) ?? search;
  const pattern = parameters.add(containing(distinctive), 'text');
  const matches = spec.indexed ? `LIKE lower(${pattern})` : `ILIKE ${pattern}`;
  const found = `(${spec.columns.map((column) => `${column} ${matches}`).join(' OR ')})`;
  if (distinctive === search) return [found];
  const whole = parameters.add(search, 'text');
  return [found, `(${spec.columns.map((column) => `strpos(${column}, lower(${whole})) > 0`).join(' OR ')})`];
}

/** A part of the order with its expression. */
interface OrderKey extends SortableField {
  readonly descending: boolean;
}

/** The sort, and the id, which makes it total; it goes the way of the last part, so that one index serves both. */
function keysOf(spec: ListSpec, source: ListSource, { sort }: ListRequest): OrderKey[] {
  const keys = sort.map(({ field, descending }: SortKey): OrderKey => {
    const sortable = source.sortable[field];
    if (!sortable) throw new Error(`A sort of ${spec.name} that was not checked: ${field}`);
    return { ...sortable, descending };
  });
  return [...keys, { type: 'integer', sql: source.id, descending: keys.at(-1)?.descending ?? false }];
}

/** Rows that come after a position. A sort that goes one way is one comparison of rows, which an index answers. */
function afterSql(keys: readonly OrderKey[], position: KeysetPosition, parameters: Parameters): string {
  const values = keys.map(({ type }, index) => parameters.add(position[index], CAST[type]));
  const descending = keys[0]?.descending ?? false;
  if (keys.every((key) => key.descending === descending)) {
    return `(${keys.map(({ sql }) => sql).join(', ')}) ${descending ? '<' : '>'} (${values.join(', ')})`;
  }
  const later = keys.map(({ sql, descending: down }, index) => {
    const equal = keys.slice(0, index).map((key, before) => `${key.sql} = ${values[before]}`);
    return `(${[...equal, `${sql} ${down ? '<' : '>'} ${values[index]}`].join(' AND ')})`;
  });
  const bound = `${keys[0]?.sql} ${descending ? '<=' : '>='} ${values[0]}`;
  return `(${bound} AND (${later.join(' OR ')}))`;
}

/** One filter. "Not equal" also holds where there is no value. */
function filterSql(field: FilterableField, condition: FilterCondition, parameters: Parameters): string {
  const { sql } = field;
  const [first, second] = condition.values;
  if (condition.operator === 'null') {
    if (field.type === 'integers') return `${sql} ${first === true ? '=' : '<>'} '{}'`;
    return `${sql} IS ${first === true ? '' : 'NOT '}NULL`;
  }
  if (condition.operator === 'like') {
    if (typeof first !== 'string') throw new Error('A like filter without a text');
    const pattern = parameters.add(containing(first), 'text');
    const matches = `${sql} ILIKE ${pattern}`;
    return field.holder === undefined ? matches : `(${field.holder} LIKE lower(${pattern}) AND ${matches})`;
  }
  if (field.type === 'timestamp') return timeSql(field, condition, parameters);
  if (field.type === 'integers') return memberSql(field, condition, parameters);
  const type = field.type === 'boolean' ? 'boolean' : CAST[field.type];
  const value = (of: FilterValue | undefined): string => parameters.add(of, type);
  switch (condition.operator) {
    case 'eq':
      return `${sql} = ${value(first)}`;
    case 'ne':
      return `${sql} IS DISTINCT FROM ${value(first)}`;
    case 'in':
      return `${sql} = ANY (${parameters.add(condition.values, `${type}[]`)})`;
    case 'not_in':
      return `(${sql} <> ALL (${parameters.add(condition.values, `${type}[]`)}) OR ${sql} IS NULL)`;
    case 'between':
      return `${sql} BETWEEN ${value(first)} AND ${value(second)}`;
    default:
      return `${sql} ${COMPARISONS[condition.operator]} ${value(first)}`;
  }
}

const COMPARISONS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** Times are spans: after one means after its end, up to one means with all of it. */
function timeSql(
  { sql, neverBefore }: FilterableField,
  { operator, values }: FilterCondition,
  parameters: Parameters,
): string {
  const spans = values.filter((value) => typeof value === 'object');
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) throw new Error('A time filter without a time');
  const at = (iso: string): string => parameters.add(iso, 'timestamptz');
  const before = (iso: string): string => {
    const bound = at(iso);
    return neverBefore === undefined ? `${sql} < ${bound}` : `(${sql} < ${bound} AND ${neverBefore} < ${bound})`;
  };
  const inside = ({ from, to }: TimeSpan): string => `(${sql} >= ${at(from)} AND ${sql} < ${at(to)})`;
  const within = ({ from, to }: TimeSpan): string => `(${sql} >= ${at(from)} AND ${before(to)})`;
  switch (operator) {
    case 'gt':
      return `${sql} >= ${at(first.to)}`;
    case 'gte':
      return `${sql} >= ${at(first.from)}`;
    case 'lt':
      return before(first.from);
    case 'lte':
      return before(first.to);
    case 'between':
      return within({ from: first.from, to: last.to });
    case 'ne':
    case 'not_in':
      return `((${spans.map(inside).join(' OR ')}) IS NOT TRUE)`;
    default:
      if (spans.length === 1) return within(first);
      // An index is walked from one end of all of them to the other.
      return `(${within(hull(spans, first))} AND (${spans.map(inside).join(' OR ')}))`;
  }
}

/** The span from the earliest beginning to the latest end; as ISO 8601 of one length, they compare as texts. */
const hull = (spans: readonly TimeSpan[], first: TimeSpan): TimeSpan =>
  spans.reduce(
    (all, { from, to }) => ({ from: from < all.from ? from : all.from, to: to > all.to ? to : all.to }),
    first,
  );

/** A list of integers contains the value, or one of the values. */
function memberSql({ sql }: FilterableField, { operator, values }: FilterCondition, parameters: Parameters): string {
  const overlaps = `${sql} && ${parameters.add(values, 'bigint[]')}::int[]`;
  return operator === 'ne' || operator === 'not_in' ? `((${overlaps}) IS NOT TRUE)` : overlaps;
}
