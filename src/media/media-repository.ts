import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../platform/database/postgres.js';

/** A file under its public address. */
export interface LinkedFile {
  filename: string;
  mime_type: string;
  size_bytes: number;
  sha256: Buffer;
  storage_key: string;
  created_at: Date;
  /** Seconds until the address ends; null while it has no end. */
  expires_in_s: number | null;
  /** Served only with a signature that has not ended. */
  signed: boolean;
}

/** Media rows as the serving route and the collector need them. The outbound path writes them itself. */
@Injectable()
export class MediaRepository {
  constructor(private readonly postgres: Postgres) {}

  /** The file of a link that has not ended. Not by tenant: who has the unguessable id may fetch it. */
  async findByPublicId(publicId: string): Promise<LinkedFile | undefined> {
    const [row] = await this.postgres.query<LinkedFile>(
      'media_find_by_public_id',
      // Index: media_links_public_id_key.
      `SELECT l.filename, f.mime_type, f.size_bytes, f.sha256, f.storage_key, f.created_at, l.signed,
              extract(epoch FROM l.expires_at - now())::float8 AS expires_in_s
         FROM media_links l JOIN media_files f ON f.id = l.media_file_id
        WHERE l.public_id = $1 AND (l.expires_at IS NULL OR l.expires_at > now())`,
      [publicId],
    );
    return row;
  }

  /**
   * Deletes up to `limit` links that have ended, and begins the hour of grace of their files.
   * @returns how many links
   */
  async deleteEndedLinks(limit: number): Promise<number> {
    return this.postgres.transaction(async (sql) => {
      if (!(await isOnlyCollector(sql))) return 0;
      const rows = await sql.query(
        'media_delete_ended_links',
        // Index: media_links_expiry. Files are touched in the order of their ids, so no two collectors deadlock.
        `WITH ended AS (
           DELETE FROM media_links WHERE id IN (
             SELECT id FROM media_links WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
           RETURNING media_file_id),
         files AS (
           SELECT id FROM media_files WHERE id IN (SELECT media_file_id FROM ended) ORDER BY id FOR UPDATE),
         touched AS (
           UPDATE media_files SET referenced_at = now() WHERE id IN (SELECT id FROM files))
         SELECT media_file_id FROM ended`,
        [limit],
      );
      return rows.length;
    });
  }

  /**
   * Looks at the next `limit` files after `afterId` and deletes the rows of those that no link has referred to for
   * `graceSeconds`. A row that an outbound transaction holds is passed over; one that it has just refreshed no longer
   * fits, because a row lock that was waited for checks the row again.
   * @returns the keys whose files are now to be removed, after which id to go on (0: from the start), and whether
   * there is more to look at now
   */
  async deleteUnreferenced(
    afterId: number,
    limit: number,
    graceSeconds: number,
  ): Promise<{ storageKeys: string[]; nextId: number; more: boolean }> {
    return this.postgres.transaction(async (sql) => {
      if (!(await isOnlyCollector(sql))) return { storageKeys: [], nextId: afterId, more: false };
      const [page] = await sql.query<{ last_id: number | null; seen: number }>(
        'media_unreferenced_page',
        // Index: media_files_pkey.
        `SELECT max(id) AS last_id, count(*)::int AS seen
           FROM (SELECT id FROM media_files WHERE id > $1 ORDER BY id LIMIT $2) page`,
        [afterId, limit],
      );
      const lastId = page?.last_id ?? null;
      if (lastId === null) return { storageKeys: [], nextId: 0, more: false };
      const deleted = await sql.query<{ storage_key: string }>(
        'media_delete_unreferenced',
        // Indexes: media_files_pkey, media_links_file.
        `DELETE FROM media_files WHERE id IN (
           SELECT f.id FROM media_files f
            WHERE f.id > $1 AND f.id <= $2
              AND f.referenced_at < now() - make_interval(secs => $3)
              AND NOT EXISTS (SELECT 1 FROM media_links l WHERE l.media_file_id = f.id)
            ORDER BY f.id FOR UPDATE SKIP LOCKED)
         RETURNING storage_key`,
        [afterId, lastId, graceSeconds],
      );
      const more = page?.seen === limit;
      return { storageKeys: deleted.map((row) => row.storage_key), nextId: more ? lastId : 0, more };
    });
  }

  /** Which of these files have a row. */
  async withRow(files: { storageKey: string; tenantId: number; sha256: Buffer }[]): Promise<Set<string>> {
    const rows = await this.postgres.query<{ storage_key: string }>(
      'media_keys_with_row',
      // Index: media_files_tenant_id_sha256_mime_type_key.
      `SELECT f.storage_key FROM unnest($1::int[], $2::bytea[]) AS k (tenant_id, sha256)
         JOIN media_files f ON f.tenant_id = k.tenant_id AND f.sha256 = k.sha256`,
      [files.map((file) => file.tenantId), files.map((file) => file.sha256)],
    );
    return new Set(rows.map((row) => row.storage_key));
  }
}

/** One collector at a time, until the transaction ends; another worker's turn is as good as ours. */
async function isOnlyCollector(sql: SqlRunner): Promise<boolean> {
  const [row] = await sql.query<{ locked: boolean }>(
    'media_collector_lock',
    "SELECT pg_try_advisory_xact_lock(hashtext('media_collector')) AS locked",
  );
  return row?.locked === true;
}
