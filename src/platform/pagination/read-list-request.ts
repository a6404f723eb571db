import { type FieldErrors, validationError } from '../http/api-error.js';
import { readFilterValue, sameCondition } from './filter-values.js';
import type { CursorContent } from './list-cursors.js';
import {
  type FilterCondition,
  filterName,
  LAST_PAGE,
  type ListRequest,
  PER_PAGE,
  type SortKey,
  writtenSort,
} from './list-request.js';
import type { ListSpec } from './list-spec.js';
import { type ListParameters, operatorOf, readParameters, type WrittenFilter } from './query-parameters.js';

/** Opens a cursor of this tenant and list; undefined for anything else. */
export type OpenCursor = (cursor: string) => CursorContent | undefined;

const MAX_SORTS = 5;
const INVALID_CURSOR = 'is not a cursor of this list: take next_cursor as it was given';

/**
 * Reads the query of a list by what the list allows.
 * @throws ApiError 422 that names every wrong parameter, and what is allowed
 */
export function readListRequest(spec: ListSpec, query: string, open: OpenCursor): ListRequest {
  const found: FieldErrors = {};
  const request = new RequestReader(spec, readParameters(query, found), open, found).read();
  if (Object.keys(found).length > 0) throw validationError(found);
  return request;
}

class RequestReader {
  private readonly cursor: CursorContent | undefined;

  constructor(
    private readonly spec: ListSpec,
    private readonly given: ListParameters,
    open: OpenCursor,
    private readonly found: FieldErrors,
  ) {
    const cursor = given.plain.get('cursor');
    if (cursor === undefined) return;
    this.cursor = open(cursor);
    if (!this.cursor) this.fault('cursor', INVALID_CURSOR);
  }

  read(): ListRequest {
    const { plain } = this.given;
    const sort = this.sort(plain.get('sort'));
    return {
      page: this.page(),
      perPage: this.integer('per_page', PER_PAGE.least, PER_PAGE.most) ?? this.cursor?.perPage ?? PER_PAGE.usual,
      sort,
      filters: this.filters(),
      search: this.search(),
      fields: this.names('fields', this.spec.fields) ?? this.cursor?.fields ?? null,
      include: this.names('include', this.spec.includes) ?? this.cursor?.include ?? [],
      after: this.cursor ? this.position(this.cursor, sort) : null,
    };
  }

  private fault(name: string, message: string): void {
    (this.found[name.slice(0, 200)] ??= []).push(message);
  }

  private page(): number {
    const page = this.integer('page', 1, LAST_PAGE);
    if (!this.cursor) return page ?? 1;
    if (page !== undefined && page !== this.cursor.page) this.fault('cursor', 'continues another page than page says');
    return this.cursor.page;
  }

  private integer(name: 'page' | 'per_page', least: number, most: number): number | undefined {
    const text = this.given.plain.get(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    this.fault(name, `must be an integer from ${least} to ${most}`);
    return undefined;
  }

  private sort(given: string | undefined): readonly SortKey[] {
    const { sortable } = this.spec.source;
    const written = given ?? this.cursor?.sort ?? this.spec.defaultSort;
    const keys = written.split(',').map((part): SortKey => {
      const name = part.trim();
      return name.startsWith('-') ? { field: name.slice(1), descending: true } : { field: name, descending: false };
    });
    const names = keys.map(({ field }) => field);
    // What a cursor brings was checked when it was made; a release may have taken a field away since.
    const parameter = given === undefined ? 'cursor' : 'sort';
    if (!names.every((name) => Object.hasOwn(sortable, name))) {
      this.fault(parameter, `sort may name ${list(Object.keys(sortable))}, each with a leading - to descend`);
      return [];
    }
    if (new Set(names).size < names.length) this.fault(parameter, 'must name a field once');
    else if (names.length > MAX_SORTS) this.fault(parameter, `must not name over ${MAX_SORTS} fields`);
    if (this.cursor && writtenSort(keys) !== this.cursor.sort) this.fault('cursor', 'belongs to another sort');
    return keys;
  }

  private filters(): readonly FilterCondition[] {
    const given = this.understood(this.given.filters, (name) => name);
    if (!this.cursor) return given;
    const written = this.cursor.filters.map(([field, operator, value]) => ({ field, operator, value }));
    const before = this.understood(written, () => 'cursor');
    const strange = given.filter((one) => !before.some((other) => sameCondition(one, other)));
    for (const { field, operator } of strange) {
      this.fault('cursor', `belongs to another ${filterName(field, operator)}`);
    }
    return before;
  }

  private understood(filters: readonly WrittenFilter[], named: (name: string) => string): FilterCondition[] {
    const conditions = new Map<string, FilterCondition>();
    for (const { field, operator: alias, value } of filters) {
      const name = named(alias === '' ? `filter.${field}` : `filter.${field}.${alias}`);
      const condition = this.condition(field, alias, value, name);
      if (!condition) continue;
      const key = filterName(field, condition.operator);
      if (conditions.has(key)) this.fault(name, 'must be given once');
      conditions.set(key, condition);
    }
    return [...conditions.values()];
  }

  private condition(name: string, alias: string, written: string, parameter: string): FilterCondition | undefined {
    const { filterable } = this.spec;
    const field = Object.hasOwn(filterable, name) ? filterable[name] : undefined;
    if (!field) {
      this.fault(parameter, `there is no such filter; this list has ${list(Object.keys(filterable))}`);
      return undefined;
    }
    const operator = alias === '' ? 'eq' : operatorOf(alias);
    if (operator === undefined || !field.operators.includes(operator)) {
      this.fault(parameter, `${name} has no such operator; it has ${list(field.operators)}`);
      return undefined;
    }
    const understood = readFilterValue(field, operator, written);
    if ('fault' in understood) {
      this.fault(parameter, understood.fault);
      return undefined;
    }
    return { field: name, operator, values: understood.values, written };
  }

  private search(): string | null {
    const given = this.given.plain.get('search');
    if (given !== undefined && !this.spec.search) this.fault('search', 'this list has no search');
    if (!this.cursor) return given ?? null;
    if (given !== undefined && given !== this.cursor.search) this.fault('cursor', 'belongs to another search');
    return this.cursor.search;
  }

  private names(parameter: 'fields' | 'include', allowed: readonly string[]): readonly string[] | undefined {
    const given = this.given.plain.get(parameter);
    if (given === undefined) return undefined;
    const names = [...new Set(given.split(',').map((name) => name.trim()))];
    if (!names.every((name) => allowed.includes(name))) this.fault(parameter, `may name ${list(allowed)}`);
    return names;
  }

  private position({ position }: CursorContent, sort: readonly SortKey[]): CursorContent['position'] {
    // One value for each part of the sort, and the id; a sort of another length is refused already.
    if (position.length !== sort.length + 1 && !this.found.cursor) this.fault('cursor', INVALID_CURSOR);
    return position;
  }
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));
