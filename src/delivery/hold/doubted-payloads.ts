import type { SqlRunner } from '../../platform/database/postgres.js';

const REASON = JSON.stringify({
  code: 'UNKNOWN_OUTCOME',
  message:
    'The database was restored from a backup, after which the message may have been sent. Retry it if it was not.',
});

/*
 * Index store_payloads_waiting. What waits for the end of a delay that ends after the hold cannot have led to a message;
 * it stays, and so does what a retry was asked for since.
 */
const END = `
WITH picked AS MATERIALIZED (
  SELECT id FROM store_payloads
   WHERE next_at IS NOT NULL AND due_at <= $1 AND received_at < $1
   ORDER BY due_at, id LIMIT $2 FOR UPDATE)
UPDATE store_payloads p SET status = 'failed', reason = $3, next_at = NULL, settled_at = now()
  FROM picked WHERE p.id = picked.id
RETURNING p.id`;

/**
 * For a restored backup: ends what stores delivered before `heldAt`, and was due before it, as `failed`: it may have led to
 * a message after the backup, of which this database knows nothing. Its tenant sees it and may have it retried. In small
 * steps, each a transaction of its own; doing it again finishes what a crash left. Only while delivery is held: nothing is
 * worked off.
 * @returns how many were ended
 */
export async function endDoubtedPayloads(sql: SqlRunner, heldAt: Date, stepRows = 500): Promise<number> {
  let all = 0;
  let ended: number;
  do {
    ended = (await sql.query('delivery_end_doubted_payloads', END, [heldAt, stepRows, REASON])).length;
    all += ended;
  } while (ended === stepRows);
  return all;
}
