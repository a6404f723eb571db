import type { ListRequest } from './list-request.js';
import type { ListScope, ListSpec } from './list-spec.js';
import type { ListStatement } from './list-sql.js';

/** Share of a table's rows from which a tenant has most of them. */
const MOST = 0.5;

/** A search or a filter that an index of trigrams may answer. */
export function asksForTrigrams({ search, filterable }: ListSpec, request: ListRequest): boolean {
  if (request.search !== null) return search?.indexed ?? false;
  return request.filters.some(({ field, operator }) => operator === 'like' && filterable[field]?.holder !== undefined);
}

/**
 * Begins what may be answered by trigrams: never by reading the table from its beginning. Answers whether the tenant has
 * most of its rows (`has_most`), by the planner's statistics.
 */
export function trigramStatement({ trigramTable }: ListSpec, { tenantId }: ListScope): ListStatement {
  const text = `
SELECT set_config('enable_seqscan', 'off', true),
       EXISTS (SELECT FROM pg_stats s, unnest(s.most_common_vals::text::int[], s.most_common_freqs) AS v (tenant_id, share)
                WHERE s.schemaname = current_schema() AND s.tablename = $1::text AND s.attname = 'tenant_id'
                  AND v.tenant_id = $2::int AND v.share >= ${MOST}) AS has_most`;
  return { text, parameters: [trigramTable ?? null, tenantId] };
}
