import type { Pagination } from '../../src/platform/pagination/pagination.js';
import type { ApiClient } from './api-client.js';

/** The answer of a list. */
export interface ListAnswer<T> {
  status: number;
  items: T[];
  pagination: Pagination;
  error: { code: string; details?: Record<string, string[]> } | undefined;
}

/** GET of a list, with its query as given. */
export async function getList<T = Record<string, unknown>>(
  api: ApiClient,
  path: string,
  query = '',
): Promise<ListAnswer<T>> {
  const { status, body } = await api.request('GET', `/api/v2/${path}${query === '' ? '' : `?${query}`}`);
  const answer = body as unknown as { data: T[]; meta: { pagination: Pagination }; error: ListAnswer<T>['error'] };
  return { status, items: answer.data, pagination: answer.meta.pagination, error: answer.error };
}

/** What a list refuses, by parameter. */
export async function refusedBy(api: ApiClient, path: string, query: string): Promise<Record<string, string[]>> {
  const { status, error } = await getList(api, path, query);
  expect({ query, status, code: error?.code }).toEqual({ query, status: 422, code: 'VALIDATION_ERROR' });
  return error?.details ?? {};
}
