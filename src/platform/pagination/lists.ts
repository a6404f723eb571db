import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { isStatementTimeout } from '../database/database-errors.js';
import { Postgres, type SqlRunner } from '../database/postgres.js';
import { validationError } from '../http/api-error.js';
import { ListCursors } from './list-cursors.js';
import { type ListRequest, type KeysetPosition, writtenSort } from './list-request.js';
import type { ListScope, ListSpec } from './list-spec.js';
import { countStatement, estimateStatement, type ListStatement, nearPageStatement, pageStatement } from './list-sql.js';
import { asksForTrigrams, trigramStatement } from './list-trigrams.js';
import type { Pagination } from './pagination.js';
import { readListRequest } from './read-list-request.js';

/** Up to here a total is counted; above, it is estimated. */
export const EXACT_TOTAL = 10_000;
/** How long it is remembered that a list is longer than that, milliseconds. What is counted is counted every time. */
const LONG_LIST_REMEMBERED_MS = 30_000;
const LONG_LISTS_REMEMBERED = 10_000;

/** One page. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly pagination: Pagination;
}

/** Reads the rows with these ids, in any order, inside the snapshot of the page. */
export type ReadRows<T> = (sql: SqlRunner, ids: readonly number[]) => Promise<readonly T[]>;

interface PageRow {
  readonly id: number;
  readonly [key: `sort_${number}`]: Date | string | number;
}

interface Total {
  readonly total: number;
  readonly isEstimate: boolean;
}

/**
 * The grammar of all lists: reads a request by what a list allows (see {@link ListSpec}), and answers its page, by
 * number or by cursor. A cursor stands on the sort's values of a row, so that its page costs the same however deep it
 * is, and rows that are added meanwhile shift nothing.
 */
@Injectable()
export class Lists {
  private readonly longLists = new LRUCache<string, Total>({
    max: LONG_LISTS_REMEMBERED,
    ttl: LONG_LIST_REMEMBERED_MS,
  });

  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: ListCursors,
    private readonly settings: Settings,
  ) {}

  /**
   * Reads the query of a request, as it stands in its address.
   * @throws ApiError 422 that names every wrong parameter
   */
  read(spec: ListSpec, scope: ListScope, query: string): ListRequest {
    return readListRequest(spec, query, (cursor) => this.cursors.open(spec, scope, cursor));
  }

  /**
   * Answers one page; ids, rows and total are of one moment.
   * @throws ApiError 422 on `search` or `page` when that made it take longer than LIST_TIMEOUT_MS
   */
  async page<T extends { id: number }>(
    spec: ListSpec,
    scope: ListScope,
    request: ListRequest,
    readRows: ReadRows<T>,
  ): Promise<ListPage<T>> {
    try {
      return await this.postgres.snapshot((sql) => this.readPage(sql, spec, scope, request, readRows), {
        statementTimeoutMs: this.settings.LIST_TIMEOUT_MS,
      });
    } catch (error) {
      if (!isStatementTimeout(error)) throw error;
      if (request.search !== null) {
        throw validationError({ search: ['took too long: search for more letters, or narrow the list by filters'] });
      }
      if (request.page > 1 && !request.after) {
        throw validationError({ page: ['took too long: page through long lists by cursor'] });
      }
      throw error;
    }
  }

  private async readPage<T extends { id: number }>(
    sql: SqlRunner,
    spec: ListSpec,
    scope: ListScope,
    request: ListRequest,
    readRows: ReadRows<T>,
  ): Promise<ListPage<T>> {
    const reading = asksForTrigrams(spec, request) ? await this.byTrigrams(sql, spec, scope) : scope;
    const found = await this.pageRows(sql, spec, reading, request);
    const shown = found.slice(0, request.perPage);
    const ids = shown.map(({ id }) => id);
    const rows = new Map(ids.length === 0 ? [] : (await readRows(sql, ids)).map((row) => [row.id, row]));
    const items = ids.flatMap((id) => rows.get(id) ?? []);
    const last = shown.at(-1);
    const nextCursor =
      last && found.length > shown.length ? this.nextCursor(spec, scope, request, positionOf(last, request)) : null;
    return { items, pagination: await this.pagination(sql, spec, reading, request, shown.length, nextCursor) };
  }

  private async byTrigrams(sql: SqlRunner, spec: ListSpec, scope: ListScope): Promise<ListScope> {
    const { text, parameters } = trigramStatement(spec, scope);
    const [row] = await sql.query<{ has_most: boolean }>('lists_by_trigrams', text, [...parameters]);
    return { ...scope, hasMost: row?.has_most ?? false };
  }

  /** See `nearRows` in {@link ListSpec}. */
  private async pageRows(
    sql: SqlRunner,
    spec: ListSpec,
    scope: ListScope,
    request: ListRequest,
  ): Promise<readonly PageRow[]> {
    const nearRows = request.search === null ? undefined : spec.search?.nearRows;
    // In the usual order a further page begins where the matches are, or, by its number, far behind all that is near.
    const isUsual = writtenSort(request.sort) === spec.defaultSort;
    const isSpread = isUsual && (request.page > 1 || request.after !== null);
    const statement =
      nearRows === undefined || isSpread ? undefined : nearPageStatement(spec, scope, request, nearRows);
    if (!statement) return run<PageRow>(sql, pageStatement(spec, scope, request));
    const near = await run<PageRow>(sql, statement);
    if (near.length > request.perPage) return near;
    // In no order of an index: what is left is by bitmap.
    await sql.query('', 'SET LOCAL enable_indexscan = off');
    const found = await run<PageRow>(sql, pageStatement(spec, scope, request));
    await sql.query('', 'SET LOCAL enable_indexscan = on');
    return found;
  }

  private nextCursor(spec: ListSpec, scope: ListScope, request: ListRequest, position: KeysetPosition): string {
    return this.cursors.seal(spec, scope, {
      page: request.page + 1,
      perPage: request.perPage,
      sort: writtenSort(request.sort),
      filters: request.filters.map(({ field, operator, written }) => [field, operator, written] as const),
      search: request.search,
      fields: request.fields,
      include: request.include,
      position,
    });
  }

  private async pagination(
    sql: SqlRunner,
    spec: ListSpec,
    scope: ListScope,
    request: ListRequest,
    shown: number,
    nextCursor: string | null,
  ): Promise<Pagination> {
    const { page, perPage } = request;
    const place = { current_page: page, per_page: perPage };
    if (request.after) return { ...place, total: null, last_page: null, from: null, to: null, next_cursor: nextCursor };
    const before = (page - 1) * perPage;
    const isEnd = nextCursor === null && (shown > 0 || page === 1);
    const { total, isEstimate } = isEnd ? exactly(before + shown) : await this.total(sql, spec, scope, request);
    // An estimate must not deny what is shown.
    const least = Math.max(total, shown > 0 ? before + shown + (nextCursor === null ? 0 : 1) : 0);
    return {
      ...place,
      total: least,
      last_page: Math.max(1, Math.ceil(least / perPage)),
      from: shown > 0 ? before + 1 : null,
      to: shown > 0 ? before + shown : null,
      next_cursor: nextCursor,
      ...(isEstimate ? { total_is_estimate: true as const } : {}),
    };
  }

  private async total(sql: SqlRunner, spec: ListSpec, scope: ListScope, request: ListRequest): Promise<Total> {
    const key = JSON.stringify([spec.name, scope, request.filters, request.search]);
    const known = this.longLists.get(key);
    if (known) return known;
    const counted = await this.count(sql, spec, scope, request);
    if (counted !== null && counted <= EXACT_TOTAL) return exactly(counted);
    const estimate = await estimated(sql, estimateStatement(spec, scope, request));
    const total = { total: Math.max(estimate, counted ?? 0), isEstimate: true };
    this.longLists.set(key, total);
    return total;
  }

  /** Null when counting took too long: then the page is answered all the same. */
  private async count(sql: SqlRunner, spec: ListSpec, scope: ListScope, request: ListRequest): Promise<number | null> {
    await sql.query('', 'SAVEPOINT counting');
    try {
      const [row] = await run<{ counted: number }>(sql, countStatement(spec, scope, request, EXACT_TOTAL + 1));
      return row?.counted ?? 0;
    } catch (error) {
      if (!isStatementTimeout(error)) throw error;
      await sql.query('', 'ROLLBACK TO SAVEPOINT counting');
      return null;
    }
  }
}

const run = <T extends object>(sql: SqlRunner, { text, parameters }: ListStatement): Promise<T[]> =>
  sql.query<T>('', text, [...parameters]);

/** Above EXACT_TOTAL a total is always called an estimate, so that callers need not wonder why it changes. */
const exactly = (total: number): Total => ({ total, isEstimate: total > EXACT_TOTAL });

function positionOf(row: PageRow, { sort }: ListRequest): KeysetPosition {
  return [...sort.keys(), sort.length].map((index) => {
    const value = row[`sort_${index}`];
    if (value === undefined || value === null) throw new Error(`A sort of this list can be null: number ${index}`);
    return value instanceof Date ? value.toISOString() : value;
  });
}

async function estimated(sql: SqlRunner, statement: ListStatement): Promise<number> {
  const [row] = await run<{ 'QUERY PLAN': readonly { Plan: { 'Plan Rows': number } }[] }>(sql, statement);
  return Math.round(row?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0);
}
