import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { OutboxRow } from '../dispatch/outbox-row.js';

interface Entry {
  transaction: string;
  request_id: string;
  /** Such as `contact.updated`: before the dot is the kind of the subjects. */
  action: string;
  subject_ids: number[];
}

/*
 * Index audit_tenant: entries bear the time of their transaction, as rows of the outbox do. Each transaction is looked up
 * once.
 */
const ENTRIES = `
SELECT t.transaction_id::text AS transaction, a.request_id, a.action, to_jsonb(a.subject_ids) AS subject_ids
  FROM (SELECT DISTINCT tenant_id, transaction_id, transaction_at
          FROM event_outbox WHERE id = ANY ($1::bigint[])) AS t
 CROSS JOIN LATERAL (
   SELECT x.request_id, x.action, x.subject_ids FROM audit x
    WHERE x.tenant_id = t.tenant_id AND x.at = t.transaction_at AND x.transaction_id = t.transaction_id
      AND x.request_id IS NOT NULL) AS a`;

/**
 * Which requests made the changes of these rows, by the rows' ids, as the audit trail tells: entries and rows of one
 * transaction belong together. Where requests share a transaction (sends are written in groups), the entry that names the
 * resource is the row's own.
 */
export async function requestsOf(sql: SqlRunner, rows: readonly OutboxRow[]): Promise<Map<number, string>> {
  const unknown = rows.filter(({ requestId }) => requestId === null);
  const requests = new Map<number, string>();
  if (unknown.length === 0) return requests;
  const entries = new Map<string, Entry[]>();
  for (const entry of await sql.query<Entry>('events_requests', ENTRIES, [unknown.map(({ id }) => id)])) {
    const others = entries.get(entry.transaction);
    if (others) others.push(entry);
    else entries.set(entry.transaction, [entry]);
  }
  for (const row of unknown) {
    const request = requestAmong(entries.get(row.transaction) ?? [], row);
    if (request !== undefined) requests.set(row.id, request);
  }
  return requests;
}

function requestAmong(entries: readonly Entry[], { type, resourceId }: OutboxRow): string | undefined {
  const [first] = entries;
  if (first && entries.every(({ request_id }) => request_id === first.request_id)) return first.request_id;
  const names = ({ action, subject_ids: ids }: Entry): boolean =>
    kindOf(action) === kindOf(type) && ids.includes(resourceId);
  return entries.find(names)?.request_id;
}

const kindOf = (name: string): string => name.slice(0, name.indexOf('.'));
