import type { Operator } from './list-spec.js';

/** Smallest, usual and largest page. */
export const PER_PAGE = { least: 1, usual: 15, most: 100 } as const;
/** Beyond this page a cursor is the only way; the offset still fits into 32 bits. */
export const LAST_PAGE = 10_000_000;

/** One part of a sort. */
export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

/** A point in time as precise as it was written: from its first moment to the first one after it (ISO 8601). */
export interface TimeSpan {
  readonly from: string;
  readonly to: string;
}

/** A value of a filter: text, an integer as text, a boolean, or a span of time. */
export type FilterValue = string | boolean | TimeSpan;

/** A filter that was understood. */
export interface FilterCondition {
  readonly field: string;
  readonly operator: Operator;
  /** One for most operators, two for `between`, up to 100 for lists. */
  readonly values: readonly FilterValue[];
  /** As the caller wrote it. */
  readonly written: string;
}

/** Where a cursor stands: the sort's values of the last row shown, and its id. Times as ISO 8601. */
export type KeysetPosition = readonly (string | number)[];

/** A request for a page, checked in every part. */
export interface ListRequest {
  readonly page: number;
  readonly perPage: number;
  readonly sort: readonly SortKey[];
  readonly filters: readonly FilterCondition[];
  readonly search: string | null;
  /** Null: all. */
  readonly fields: readonly string[] | null;
  readonly include: readonly string[];
  /** Null: by page number. */
  readonly after: KeysetPosition | null;
}

/** A sort as it is written: `-created_at,name`. */
export const writtenSort = (sort: readonly SortKey[]): string =>
  sort.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',');

/** A filter's name in faults: `filter.created_at.gte`. */
export const filterName = (field: string, operator: Operator): string =>
  operator === 'eq' ? `filter.${field}` : `filter.${field}.${operator}`;
