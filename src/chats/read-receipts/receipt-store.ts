import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';

/** A chat that was marked as read, of which WhatsApp has to be told; held by the worker that claimed it. */
export interface Receipt {
  readonly chat_id: number;
  readonly tenant_id: number;
  readonly wamid: string;
  readonly version: number;
  /** This one included. */
  readonly tries: number;
  readonly created_at: Date;
  readonly phone_number_id: string;
  readonly account_id: number;
  readonly account_updated_at: Date;
}

/* Index read_receipts_due: what is due and waits for nobody is little. */
const CLAIM = `
WITH busy AS (SELECT u.tenant_id, count(*) AS n FROM unnest($3::int[]) AS u (tenant_id) GROUP BY u.tenant_id),
due AS (
  SELECT r.chat_id, r.next_at, n.phone_number_id, a.id AS account_id, a.updated_at AS account_updated_at,
         coalesce(b.n, 0) + row_number() OVER (PARTITION BY r.tenant_id ORDER BY r.next_at, r.chat_id) AS turn
    FROM read_receipts r
    JOIN chats h ON h.id = r.chat_id
    JOIN phone_numbers n ON n.id = h.number_id AND n.paused_at IS NULL
    JOIN whatsapp_accounts a ON a.id = n.account_id
    LEFT JOIN busy b ON b.tenant_id = r.tenant_id
   WHERE r.next_at <= now()),
turns AS MATERIALIZED (
  SELECT * FROM due WHERE turn <= $2 ORDER BY turn, next_at LIMIT $1),
picked AS MATERIALIZED (
  SELECT r.chat_id FROM read_receipts r
   WHERE r.chat_id IN (SELECT chat_id FROM turns) AND r.next_at <= now()
   ORDER BY r.chat_id FOR UPDATE SKIP LOCKED)
UPDATE read_receipts r SET tries = r.tries + 1, next_at = now() + $4 * interval '1 second'
  FROM picked p JOIN turns t USING (chat_id)
 WHERE r.chat_id = p.chat_id
RETURNING r.chat_id, r.tenant_id, r.wamid, r.version, r.tries, r.created_at,
          t.phone_number_id, t.account_id, t.account_updated_at`;

/** Receipts that WhatsApp has to be told, in `read_receipts`. */
@Injectable()
export class ReceiptStore {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Claims receipts that are due, at most `limit`, and `perTenant` of one tenant with those that `busy` names (a tenant's
   * id for each receipt this process has in work); the first of every tenant goes before the second of any. What is not
   * settled within `leaseS` is due again, here or in another worker. Those of paused numbers wait until the number is
   * resumed.
   */
  claim(limit: number, perTenant: number, busy: readonly number[], leaseS: number): Promise<Receipt[]> {
    return this.postgres.query<Receipt>('read_receipts_claim', CLAIM, [limit, perTenant, busy, leaseS]);
  }

  /** It is settled, unless the chat was marked again meanwhile: then that one is due by itself. */
  async settle({ chat_id, version }: Receipt): Promise<void> {
    await this.postgres.query('read_receipts_settle', 'DELETE FROM read_receipts WHERE chat_id = $1 AND version = $2', [
      chat_id,
      version,
    ]);
  }

  /** It is tried again after `delayMs`. */
  async postpone({ chat_id, version }: Receipt, delayMs: number): Promise<void> {
    await this.postgres.query(
      'read_receipts_postpone',
      `UPDATE read_receipts SET next_at = now() + $3::float8 * interval '1 millisecond'
        WHERE chat_id = $1 AND version = $2`,
      [chat_id, version, delayMs],
    );
  }

  /** Gives up those that wait longer than `hours`. */
  async dropOlderThan(hours: number): Promise<number> {
    const rows = await this.postgres.query(
      'read_receipts_drop',
      `DELETE FROM read_receipts WHERE created_at < now() - $1::int * interval '1 hour' RETURNING chat_id`,
      [hours],
    );
    return rows.length;
  }
}
