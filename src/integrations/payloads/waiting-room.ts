import { LRUCache } from 'lru-cache';
import type { SqlRunner } from '../../platform/database/postgres.js';

/** Payloads of a listener that may wait for the end of its delay, and their bytes together. */
export const MOST_WAITING = 50_000;
export const MOST_WAITING_BYTES = 500_000_000;

/** How long a count is known: counting costs as many index entries as wait. */
const COUNT_EVERY_MS = 10_000;
const MAX_LISTENERS = 20_000;

/* Index store_payloads_due alone, as far as vacuum has come. */
const COUNT = `
SELECT count(*)::int AS payloads, coalesce(sum(size_bytes), 0)::float8 AS bytes
  FROM store_payloads WHERE listener_id = $1 AND next_at IS NOT NULL`;

interface Waiting {
  payloads: number;
  bytes: number;
}

/**
 * Bounds what of one listener waits for the end of its delay. Each process counts at most every ten seconds and adds what it
 * takes itself; of what others take it knows by the next count, so several may take more, by what comes in these seconds.
 */
export class WaitingRoom {
  private readonly counted = new LRUCache<number, Waiting>({ max: MAX_LISTENERS, ttl: COUNT_EVERY_MS });

  /** Takes a place for a payload of so many bytes. @returns false when there is none */
  async take(sql: SqlRunner, listenerId: number, bytes: number): Promise<boolean> {
    const waiting = this.counted.get(listenerId) ?? (await this.count(sql, listenerId));
    if (waiting.payloads >= MOST_WAITING || waiting.bytes + bytes > MOST_WAITING_BYTES) return false;
    waiting.payloads += 1;
    waiting.bytes += bytes;
    return true;
  }

  private async count(sql: SqlRunner, listenerId: number): Promise<Waiting> {
    const [waiting] = await sql.query<Waiting>('store_payloads_count_waiting', COUNT, [listenerId]);
    if (!waiting) throw new Error('An aggregate answered no row');
    this.counted.set(listenerId, waiting);
    return waiting;
  }
}
