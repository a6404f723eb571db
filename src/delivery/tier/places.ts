import type { SqlRunner } from '../../platform/database/postgres.js';

/**
 * How long a recipient counts, seconds: WhatsApp's 24 hours, and two minutes because the place is taken before the
 * message is written, and WhatsApp counts from when it has it.
 */
export const COUNTS_FOR_S = 24 * 3600 + 120;

/** A place that a recipient took, as long as nobody used it since (`mark`). */
export interface Place {
  readonly portfolio: string;
  readonly recipient: string;
  readonly mark: number;
}

/** See take_messaging_places in the migration. */
export interface PlaceAnswer {
  readonly place: number | null;
  readonly isNew: boolean;
  /** Milliseconds until a place comes free that is promised to nobody else. */
  readonly waitMs: number | null;
}

interface AnswerRow {
  place: number | null;
  is_new: boolean;
  wait_ms: number | null;
}

/*
 * One function call, so that lock, count and grant are one round trip and one transaction. The cost does not depend on
 * how many recipients count: the count is kept in the portfolio's row, expired ones leave by index
 * messaging_recipients_expiry (each once), known ones are found by the primary key. Hourly buckets were not taken:
 * unique recipients need a row each anyway, and with buckets places would come free up to an hour late.
 */
const TAKE = `SELECT place, is_new, wait_ms FROM take_messaging_places(
  $1, $2::text[], $3::int, $4 * interval '1 second', $5 * interval '1 millisecond')`;

/** Takes places for recipients of one portfolio, as far as its limit allows (null: without limit); one answer each. */
export async function takePlaces(
  sql: SqlRunner,
  request: { portfolio: string; limit: number | null; recipients: readonly string[]; lookAheadMs: number },
): Promise<PlaceAnswer[]> {
  const { portfolio, limit, recipients, lookAheadMs } = request;
  const rows = await sql.query<AnswerRow>('delivery_take_places', TAKE, [
    portfolio,
    recipients,
    limit,
    COUNTS_FOR_S,
    lookAheadMs,
  ]);
  return rows.map((row) => ({ place: row.place, isNew: row.is_new, waitMs: row.wait_ms }));
}

/** Gives a place back unless it was used since; answers whether it did. */
export async function returnPlace(sql: SqlRunner, { portfolio, recipient, mark }: Place): Promise<boolean> {
  const [row] = await sql.query<{ returned: boolean }>(
    'delivery_return_place',
    'SELECT return_messaging_place($1, $2, $3) AS returned',
    [portfolio, recipient, mark],
  );
  return row?.returned === true;
}
