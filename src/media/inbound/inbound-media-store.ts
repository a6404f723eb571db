import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';

/** A customer's file that this worker is to fetch, while its lease holds. */
export interface InboundMedia {
  readonly message_id: number;
  readonly tenant_id: number;
  readonly media_id: string;
  readonly filename: string | null;
  /** This one included; tells leases of one file apart. */
  readonly tries: number;
  readonly refusals: number;
  readonly created_at: Date;
  /** Message type, such as `image`: what a file without a name is called. */
  readonly type: string;
  readonly phone_number_id: string;
  readonly account_id: number;
  readonly account_updated_at: Date;
}

/** A file that is stored, and the link under which it is to be served. */
export interface StoredFile {
  readonly sha256: Buffer;
  readonly sizeBytes: number;
  readonly mimeType: string;
  readonly storageKey: string;
  readonly publicId: string;
  readonly filename: string;
}

/** Why a file is not fetched any more. */
export type MediaFailure = 'TOO_LARGE' | 'NOT_AVAILABLE';

const LOCK_TIMEOUT_MS = 2000;

/** The lease ended before its work did: somebody else has the file now. */
class LeaseLostError extends Error {}

/*
 * Index inbound_media_due: one probe for each tenant with something to fetch, and a few rows of each. The first of every
 * tenant goes before the second of any, so that nobody's many files hold up another's one.
 */
const CLAIM = `
WITH RECURSIVE tenant_ids (tenant_id) AS (
  (SELECT tenant_id FROM inbound_media WHERE next_at IS NOT NULL ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT i.tenant_id FROM inbound_media i
           WHERE i.next_at IS NOT NULL AND i.tenant_id > t.tenant_id ORDER BY i.tenant_id LIMIT 1)
    FROM tenant_ids t WHERE t.tenant_id IS NOT NULL),
busy AS (SELECT u.tenant_id, count(*) AS n FROM unnest($3::int[]) AS u (tenant_id) GROUP BY u.tenant_id),
turns AS MATERIALIZED (
  SELECT d.message_id, d.turn + coalesce(b.n, 0) AS turn, d.next_at
    FROM tenant_ids t
    LEFT JOIN busy b USING (tenant_id)
   CROSS JOIN LATERAL (
     SELECT i.message_id, i.next_at, row_number() OVER (ORDER BY i.next_at, i.message_id) AS turn
       FROM (SELECT * FROM inbound_media WHERE tenant_id = t.tenant_id AND next_at <= now()
              ORDER BY next_at LIMIT $2) i) d
   WHERE d.turn + coalesce(b.n, 0) <= $2
   ORDER BY turn, d.next_at LIMIT $1),
picked AS MATERIALIZED (
  SELECT i.message_id FROM inbound_media i
   WHERE i.message_id IN (SELECT message_id FROM turns) AND i.next_at <= now()
   ORDER BY i.message_id FOR UPDATE SKIP LOCKED)
UPDATE inbound_media i
   SET tries = i.tries + 1, next_at = now() + $4 * interval '1 second'
  FROM picked p
  JOIN messages m ON m.id = p.message_id
  JOIN phone_numbers n ON n.id = m.number_id
  JOIN whatsapp_accounts a ON a.id = n.account_id
 WHERE i.message_id = p.message_id
RETURNING i.message_id, i.tenant_id, i.media_id, i.filename, i.tries, i.refusals, i.created_at, m.type,
          n.phone_number_id, a.id AS account_id, a.updated_at AS account_updated_at`;

/** Customers' files that are to be fetched, in `inbound_media`, and their ends. */
@Injectable()
export class InboundMediaStore {
  constructor(private readonly postgres: Postgres) {}

  /**
   * Takes files that are due into work: at most `limit`, and `perTenant` of one tenant with those that `busy` names (a
   * tenant's id for each file this process has in work). What is not ended or renewed within `leaseS` is due again.
   */
  claim(limit: number, perTenant: number, busy: readonly number[], leaseS: number): Promise<InboundMedia[]> {
    return this.postgres.query<InboundMedia>('inbound_media_claim', CLAIM, [limit, perTenant, busy, leaseS]);
  }

  /** Files that this process still has in work keep their lease; one that it gave up meanwhile stays given up. */
  async renew(files: readonly InboundMedia[], leaseS: number): Promise<void> {
    await this.postgres.query(
      'inbound_media_renew',
      `WITH held AS MATERIALIZED (
         SELECT i.message_id FROM unnest($1::bigint[], $2::int[]) AS u (message_id, tries)
           JOIN inbound_media i ON i.message_id = u.message_id AND i.tries = u.tries AND i.next_at IS NOT NULL
          ORDER BY i.message_id FOR UPDATE OF i)
       UPDATE inbound_media i SET next_at = now() + $3 * interval '1 second' FROM held h WHERE i.message_id = h.message_id`,
      [files.map(({ message_id }) => message_id), files.map(({ tries }) => tries), leaseS],
    );
  }

  /** It is due again after `delayMs`. `refused`: WhatsApp did not want to hand it over. */
  async postpone({ message_id, tries }: InboundMedia, delayMs: number, refused: boolean): Promise<void> {
    await this.postgres.query(
      'inbound_media_postpone',
      `UPDATE inbound_media
          SET next_at = now() + $3::float8 * interval '1 millisecond', refusals = refusals + $4::int
        WHERE message_id = $1 AND tries = $2`,
      [message_id, tries, delayMs, refused ? 1 : 0],
    );
  }

  /** Nobody asks for it again; the message shows why. */
  async giveUp({ message_id, tries }: InboundMedia, failure: MediaFailure): Promise<void> {
    await this.postgres.query(
      'inbound_media_give_up',
      'UPDATE inbound_media SET next_at = NULL, failure = $3 WHERE message_id = $1 AND tries = $2',
      [message_id, tries, failure],
    );
  }

  /**
   * Gives the message its file. @returns the key under which the content is kept: an earlier one when the tenant had it
   * already; null when the file is no longer ours to store
   */
  async finish({ message_id, tenant_id, tries }: InboundMedia, file: StoredFile): Promise<string | null> {
    try {
      return await this.postgres.transaction(
        async (sql) => {
          const [stored] = await sql.query<{ id: number; storage_key: string }>(
            'inbound_media_file',
            `INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant_id, sha256, mime_type) DO UPDATE SET referenced_at = now()
             RETURNING id, storage_key`,
            [tenant_id, file.sha256, file.sizeBytes, file.mimeType, file.storageKey],
          );
          if (!stored) throw new Error('a media file was not stored');
          const linked = await sql.query(
            'inbound_media_finish',
            `WITH task AS (
               DELETE FROM inbound_media WHERE message_id = $1 AND tenant_id = $2 AND tries = $3 RETURNING message_id),
             link AS (
               INSERT INTO media_links (tenant_id, media_file_id, public_id, filename, signed)
               SELECT $2, $4, $5, $6, true FROM task RETURNING id)
             UPDATE messages m SET media_link_id = link.id, updated_at = now()
               FROM link, task WHERE m.id = task.message_id AND m.tenant_id = $2
             RETURNING m.id`,
            [message_id, tenant_id, tries, stored.id, file.publicId, file.filename],
          );
          if (linked.length === 0) throw new LeaseLostError();
          return stored.storage_key;
        },
        { lockTimeoutMs: LOCK_TIMEOUT_MS },
      );
    } catch (error) {
      if (error instanceof LeaseLostError) return null;
      throw error;
    }
  }
}
