import { GraphError } from './graph-error.js';

const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 500;

export interface Page<T> {
  readonly data: T[];
  readonly paging?: { readonly cursors: { readonly before: string; readonly after: string }; readonly next?: string };
}

/**
 * One page by cursor, the way Graph pages: `limit`, `after`, and a `next` link while there is more.
 * @param baseUrl The address of the request, its query without `after`.
 * @throws GraphError 100 for a limit or cursor that cannot be read.
 */
export function page<T>(items: readonly T[], query: URLSearchParams, baseUrl: string): Page<T> {
  const limit = Math.min(LIMIT_MAX, readLimit(query.get('limit')));
  const after = query.get('after');
  const start = after === null ? 0 : readCursor(after) + 1;
  const data = items.slice(start, start + limit);
  if (data.length === 0) return { data };
  const last = start + data.length - 1;
  const cursors = { before: cursor(start), after: cursor(last) };
  if (last >= items.length - 1) return { data, paging: { cursors } };
  const next = new URL(baseUrl);
  query.forEach((value, key) => next.searchParams.set(key, value));
  next.searchParams.set('after', cursors.after);
  return { data, paging: { cursors, next: next.toString() } };
}

function readLimit(text: string | null): number {
  if (text === null) return LIMIT_DEFAULT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new GraphError(100, 'Param limit must be a positive whole number.');
  return limit;
}

function cursor(index: number): string {
  return Buffer.from(`sandbox:${index}`).toString('base64url');
}

function readCursor(text: string): number {
  const match = /^sandbox:(\d+)$/.exec(Buffer.from(text, 'base64url').toString());
  if (match?.[1] === undefined) throw new GraphError(100, 'Param after is not a cursor.');
  return Number(match[1]);
}
