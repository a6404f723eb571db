import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { PairHistory, type PairLevel } from '../../platform/queue/pair-history.js';

/** A request is written this much after its claim at most, seconds, but for a few that waited longer for a slot. */
const CLAIM_TO_WRITE_S = 30;

/*
 * Index attempts_number, then messages by primary key: what the number sent, or was about to send, while it may matter
 * still. What never left, or was given back, does not count. The closed form of the cell rate algorithm: of the
 * messages of a pair, newest first, the r-th was the first of r, after which the pair needs r intervals to rest.
 */
const LEVELS = `
WITH sent AS (
  SELECT coalesce(m.phone, m.recipient_user_id) AS recipient,
         extract(epoch FROM now() - coalesce(a.submitting_at, a.claimed_at)) * 1000 AS age_ms
    FROM attempts a JOIN messages m ON m.id = a.message_id
   WHERE a.number_id = $1
     AND a.claimed_at > now() - ($2::int * $3::int + ${CLAIM_TO_WRITE_S} * 1000) * interval '1 millisecond'
     AND (a.state IN ('claimed', 'submitting', 'accepted', 'unknown') OR (a.state = 'refused' AND a.http_status IS NOT NULL))),
ranked AS (
  SELECT recipient, age_ms, row_number() OVER (PARTITION BY recipient ORDER BY age_ms) AS r
    FROM sent WHERE recipient IS NOT NULL)
SELECT recipient, max(r * $3::int - age_ms)::float8 AS unused_in_ms
  FROM ranked GROUP BY recipient HAVING max(r * $3::int - age_ms) > 0`;

/** The levels of a number's pairs, from the attempts of the time in which they matter: burst × interval (270 s). */
@Injectable()
export class SentPairs extends PairHistory {
  constructor(private readonly postgres: Postgres) {
    super();
  }

  async levels(numberId: number, { burst, intervalMs }: { burst: number; intervalMs: number }): Promise<PairLevel[]> {
    const rows = await this.postgres.query<{ recipient: string; unused_in_ms: number }>(
      'delivery_pair_levels',
      LEVELS,
      [numberId, burst, intervalMs],
    );
    return rows.map((row) => ({ recipient: row.recipient, unusedInMs: row.unused_in_ms }));
  }
}
