import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../../../platform/database/postgres.js';
import { Log } from '../../../platform/logging/log.js';

/** An account's row is written this often by one process at most, milliseconds. */
const PERIOD_MS = 1000;

/*
 * Primary key whatsapp_accounts. Answers the accounts whose row somebody else holds: their time is stored later, so
 * that nobody waits here. updated_at stays: by it workers know that the access token is still the same.
 */
const STORE = `
WITH i AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::timestamptz[]) AS u (id, heard_at)),
picked AS MATERIALIZED (
  SELECT a.id, i.heard_at
    FROM i JOIN whatsapp_accounts a ON a.id = i.id
   WHERE a.last_webhook_at IS NULL OR a.last_webhook_at < i.heard_at
   ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED),
stored AS (
  UPDATE whatsapp_accounts a SET last_webhook_at = p.heard_at FROM picked p WHERE a.id = p.id)
SELECT a.id
  FROM i JOIN whatsapp_accounts a ON a.id = i.id
 WHERE (a.last_webhook_at IS NULL OR a.last_webhook_at < i.heard_at)
   AND NOT EXISTS (SELECT FROM picked p WHERE p.id = a.id)`;

/** Stores when accounts were last heard of; answers those whose row is locked, whose time is not stored. */
export async function storeHeard(sql: SqlRunner, heard: ReadonlyMap<number, Date>): Promise<number[]> {
  const rows = await sql.query<{ id: number }>('webhook-heard-accounts', STORE, [
    [...heard.keys()],
    [...heard.values()],
  ]);
  return rows.map(({ id }) => id);
}

/**
 * When each account's last webhook arrived (`last_webhook_at`): a silence of WhatsApp about a message says something
 * only while the account is heard of otherwise. Written after the webhooks themselves are committed, outside their
 * transactions, the accounts of a second together.
 */
@Injectable()
export class HeardAccounts {
  private heard = new Map<number, Date>();
  private timer: NodeJS.Timeout | undefined;
  private nextAt = -Infinity;
  private writing: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly log: Log,
  ) {}

  /** Webhooks of these accounts were applied; `receivedAt` by the database's clock. */
  hear(accounts: ReadonlyMap<number, Date>): void {
    for (const [id, receivedAt] of accounts) addLatest(this.heard, id, receivedAt);
    this.schedule();
  }

  /** Writes what is left, once; nothing more is heard. */
  async close(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.writing;
    await this.write();
  }

  private schedule(): void {
    if (this.timer || this.stopped || this.heard.size === 0) return;
    this.timer = setTimeout(
      () => {
        this.writing = this.write().finally(() => {
          this.timer = undefined;
          this.schedule();
        });
      },
      Math.max(0, this.nextAt - performance.now()),
    );
  }

  private async write(): Promise<void> {
    const heard = this.heard;
    if (heard.size === 0) return;
    this.heard = new Map();
    this.nextAt = performance.now() + PERIOD_MS;
    let left: Iterable<number> = heard.keys();
    try {
      left = await storeHeard(this.postgres, heard);
    } catch (error) {
      this.log.debug({ err: error }, 'when accounts were heard of could not be stored');
    }
    for (const id of left) {
      const receivedAt = heard.get(id);
      if (receivedAt) addLatest(this.heard, id, receivedAt);
    }
  }
}

/** Keeps the latest time of each account. */
export function addLatest(heard: Map<number, Date>, accountId: number, receivedAt: Date): void {
  const known = heard.get(accountId);
  if (!known || known < receivedAt) heard.set(accountId, receivedAt);
}
