import type { SqlRunner } from '../../platform/database/postgres.js';

/** The hold of all delivery: while it stands, nothing is released, claimed, expired or settled, and nothing of stores worked off. */
export interface Hold {
  heldAt: Date;
  reason: string;
}

/**
 * SQL condition, true while all delivery is held. It stands in the statements that release and claim, so that a hold
 * counts from its commit on, in every process.
 */
export const IS_HELD = 'EXISTS (SELECT 1 FROM delivery_hold)';

/** The hold that stands now; null when delivery is not held. */
export async function readHold(sql: SqlRunner): Promise<Hold | null> {
  const [row] = await sql.query<{ held_at: Date; reason: string }>(
    'delivery_hold_read',
    'SELECT held_at, reason FROM delivery_hold',
  );
  return row ? { heldAt: row.held_at, reason: row.reason } : null;
}
