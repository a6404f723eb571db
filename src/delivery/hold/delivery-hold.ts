import { Injectable } from '@nestjs/common';
import { operatorOf, recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { doubtRestored } from './doubt-restored.js';
import { endDoubtedPayloads } from './doubted-payloads.js';
import { type Hold, readHold } from './hold-state.js';

/** The operator asked for something that cannot be done; the message says why. */
export class HoldError extends Error {}

/** What a hold keeps back. */
export interface HeldDelivery {
  hold: Hold | null;
  /** Messages that wait or are in work, counted up to {@link COUNTED_UP_TO}. */
  waiting: number;
  unknown: number;
}

/** What a release did. */
export interface ReleasedHold {
  hold: Hold;
  /** Messages whose outcome is unknown since the release; 0 when delivery goes on as before. */
  doubted: number;
  /** What stores delivered, and is `failed` since the release because it may have led to a message; 0 likewise. */
  payloads: number;
}

const MAX_REASON = 500;
export const COUNTED_UP_TO = 100_000;

// Indexes messages_due (of the partial ones the smallest that holds what waits), messages_unknown.
const WAITING = `
SELECT (SELECT count(*)::int FROM (SELECT 1 FROM messages
          WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL LIMIT ${COUNTED_UP_TO}) AS w) AS waiting,
       (SELECT count(*)::int FROM (SELECT 1 FROM messages WHERE status = 'unknown' LIMIT ${COUNTED_UP_TO}) AS u) AS unknown`;

/** Stops and starts all delivery, for every process at once. It stands in the database, so that a restart keeps it. */
@Injectable()
export class DeliveryHold {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Holds all delivery. Calls to WhatsApp that are under way go on to their end; nothing else leaves from here on.
   * @returns the hold, and whether it is new: a hold that stands keeps its time and its reason
   * @throws HoldError without a reason
   */
  async hold(reason: string): Promise<{ hold: Hold; placed: boolean }> {
    const words = reason.trim();
    const length = [...words].length;
    if (length === 0 || length > MAX_REASON) throw new HoldError(`A reason has 1 to ${MAX_REASON} characters`);
    const isPlaced = await this.postgres.transaction(async (sql) => {
      const placed = await sql.query(
        'delivery_hold_place',
        'INSERT INTO delivery_hold (reason) VALUES ($1) ON CONFLICT (only_row) DO NOTHING RETURNING only_row',
        [words],
      );
      if (placed.length > 0) await note(sql, 'delivery.held', { reason: words });
      return placed.length > 0;
    });
    const hold = await readHold(this.postgres);
    if (!hold) throw new HoldError('Delivery was released in the same moment; hold it again');
    return { hold, placed: isPlaced };
  }

  async status(): Promise<HeldDelivery> {
    const [counts] = await this.postgres.query<{ waiting: number; unknown: number }>('delivery_hold_counts', WAITING);
    if (!counts) throw new Error('An aggregate answered no row');
    return { hold: await readHold(this.postgres), ...counts };
  }

  /**
   * Delivery goes on where it stopped.
   * @throws HoldError when it is not held, or a release of a restored backup has begun: what that has not come to yet
   * may have been sent already
   */
  async continue(): Promise<ReleasedHold> {
    const hold = await this.standing();
    const isRemoved = await this.postgres.transaction(async (sql) => {
      const removed = await sql.query(
        'delivery_hold_continue',
        'DELETE FROM delivery_hold WHERE held_at = $1 AND NOT restoring RETURNING only_row',
        [hold.heldAt],
      );
      if (removed.length > 0) await note(sql, 'delivery.released', { restored: false });
      return removed.length > 0;
    });
    if (!isRemoved && (await readHold(this.postgres)) !== null) {
      throw new HoldError('A release with --restored has begun and must be finished: repeat it with --restored');
    }
    return { hold, doubted: 0, payloads: 0 };
  }

  /**
   * For a restored backup: what may have gone out since becomes `unknown` (see {@link doubtRestored}), what stores
   * delivered `failed` (see {@link endDoubtedPayloads}), then delivery goes on. The hold falls last, so a release that
   * broke off has sent nothing, and is repeated.
   * @throws HoldError when it is not held
   */
  async releaseRestored(): Promise<ReleasedHold> {
    const hold = await this.standing();
    await this.postgres.query('delivery_hold_restore', 'UPDATE delivery_hold SET restoring = true WHERE held_at = $1', [
      hold.heldAt,
    ]);
    const doubted = await doubtRestored(this.postgres, hold.heldAt);
    const payloads = await endDoubtedPayloads(this.postgres, hold.heldAt);
    await this.postgres.transaction(async (sql) => {
      const removed = await sql.query(
        'delivery_hold_remove',
        'DELETE FROM delivery_hold WHERE held_at = $1 RETURNING only_row',
        [hold.heldAt],
      );
      if (removed.length > 0) {
        await note(sql, 'delivery.released', { restored: true, unknown: doubted, store_payloads: payloads });
      }
    });
    return { hold, doubted, payloads };
  }

  private async standing(): Promise<Hold> {
    const hold = await readHold(this.postgres);
    if (!hold) throw new HoldError('Delivery is not held');
    return hold;
  }
}

const note = (
  sql: SqlRunner,
  action: 'delivery.held' | 'delivery.released',
  details: Readonly<Record<string, unknown>>,
): Promise<void> => recordChanges(sql, operatorOf(null), [{ action, ids: [], details }]);
