import type { SqlRunner } from '../../platform/database/postgres.js';

/** The tables that are partitioned; nothing else is ever dropped. */
export type PartitionedTable = 'attempts' | 'audit' | 'events' | 'webhook_deliveries' | 'webhook_inbox';

/** A partition with bounds; the DEFAULT one has none and is not among them. `from` is in it, `to` is not. */
export interface Partition {
  name: string;
  /** Literals. */
  from: string;
  to: string;
}

/* A bound is a literal as the session writes it; it goes back to the server as it came. */
const PARTITIONS = `
SELECT c.relname AS name, bound[1] AS "from", bound[2] AS "to"
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
       regexp_match(pg_get_expr(c.relpartbound, c.oid), $$^FOR VALUES FROM \\('([^']+)'\\) TO \\('([^']+)'\\)$$) AS bound
 WHERE i.inhparent = $1::regclass AND bound IS NOT NULL`;

/** Makes the partitions of the coming time that are not there. Those of each table in a transaction of its own. */
export async function ensurePartitions(sql: SqlRunner): Promise<void> {
  await sql.query('maintenance_ensure_partitions', 'SELECT ensure_partitions(), ensure_audit_partitions()');
  await sql.query('maintenance_ensure_event_partitions', 'SELECT ensure_event_partitions()');
}

/** The table's partitions, in no order. */
export function listPartitions(sql: SqlRunner, table: PartitionedTable): Promise<Partition[]> {
  return sql.query<Partition>('maintenance_partitions', PARTITIONS, [table]);
}

/**
 * Drops a partition with all that is in it. Waits for its lock so briefly that sending does not notice.
 * @throws the server's lock_not_available while somebody else uses the table for longer (a dump, a report)
 */
export async function dropPartition(sql: SqlRunner, table: PartitionedTable, name: string): Promise<void> {
  await sql.query('maintenance_drop_partition', 'SELECT drop_partition($1::regclass, $2::text::regclass)', [
    table,
    name,
  ]);
}
