import type { PreparedMedia } from '../../media/prepared-media.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import type { ImportDto } from './dto/import.dto.js';
import type { ImportFormat } from './import-format.js';

/** An import that is to be stored. */
export interface NewImport {
  readonly file: PreparedMedia;
  /** Of the link that keeps the file; nobody is told. */
  readonly publicId: string;
  readonly format: ImportFormat;
  readonly sourceId: number;
  readonly statusId: number;
  readonly skipDuplicates: boolean;
}

/** A line of the errors file. */
export interface ImportErrorRow {
  row_number: number;
  position: number;
  line: number;
  code: string;
  field: string;
  message: string;
}

interface ImportRecord extends Omit<ImportDto, 'error' | 'created_at' | 'started_at' | 'finished_at'> {
  error_code: 'INVALID_FILE' | 'FILE_MISSING' | 'INTERNAL_ERROR' | null;
  error_message: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/**
 * Stores the file's rows and the import; a worker takes it from there. The link is a signed one that nobody is given: it
 * keeps the file from the collector until the import has ended.
 * @returns the import's id, and where the file is kept: an earlier one when the tenant had the same content
 */
export async function insertImport(
  sql: SqlRunner,
  { tenantId, tokenId, requestId }: Pick<AuthenticatedTenant, 'tenantId' | 'tokenId' | 'requestId'>,
  { file, publicId, format, sourceId, statusId, skipDuplicates }: NewImport,
): Promise<{ id: number; storageKey: string }> {
  const [row] = await sql.query<{ id: number; storageKey: string }>(
    'contact_imports_insert',
    `WITH file AS (
       INSERT INTO media_files (tenant_id, sha256, size_bytes, mime_type, storage_key) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant_id, sha256, mime_type) DO UPDATE SET referenced_at = now() RETURNING id, storage_key),
     link AS (
       INSERT INTO media_links (tenant_id, media_file_id, public_id, filename, signed)
       SELECT $1, id, $6, $7, true FROM file RETURNING id)
     INSERT INTO contact_imports (tenant_id, token_id, request_id, media_link_id, encoding, delimiter, source_id,
                                  status_id, skip_duplicates)
     SELECT $1, $8, $9, link.id, $10, $11, $12, $13, $14 FROM link
     RETURNING id, (SELECT storage_key FROM file) AS "storageKey"`,
    [
      tenantId,
      file.sha256,
      file.sizeBytes,
      file.mimeType,
      file.storageKey,
      publicId,
      file.filename,
      tokenId,
      requestId,
      format.encoding,
      format.delimiter,
      sourceId,
      statusId,
      skipDuplicates,
    ],
  );
  if (!row) throw new Error('An import was not stored');
  return row;
}

/**
 * How many imports of the tenant have not ended. With `alone`, nobody else counts and adds until this transaction ends.
 * Index contact_imports_due.
 */
export async function countUnended(sql: SqlRunner, tenantId: number, { alone }: { alone: boolean }): Promise<number> {
  // Not the tenant's own row: who makes contacts waits for that.
  if (alone) {
    await sql.query('contact_imports_alone', "SELECT pg_advisory_xact_lock(hashtext('contact_imports'), $1::int)", [
      tenantId,
    ]);
  }
  const [row] = await sql.query<{ unended: number }>(
    'contact_imports_unended',
    'SELECT count(*)::int AS unended FROM contact_imports WHERE tenant_id = $1 AND next_at IS NOT NULL',
    [tenantId],
  );
  return row?.unended ?? 0;
}

/** An import of the tenant. Primary key. */
export async function findImport(sql: SqlRunner, tenantId: number, id: number): Promise<ImportDto | undefined> {
  const [row] = await sql.query<ImportRecord>(
    'contact_imports_find',
    `SELECT id, status, total, done, created, skipped, failed, error_code, error_message, created_at, started_at,
            finished_at
       FROM contact_imports WHERE tenant_id = $1 AND id = $2::bigint`,
    [tenantId, id],
  );
  return row && present(row);
}

/** What was wrong with rows, the next `limit` behind a place. Primary key of contact_import_errors. */
export function importErrorsAfter(
  sql: SqlRunner,
  tenantId: number,
  id: number,
  after: { readonly row_number: number; readonly position: number },
  limit: number,
): Promise<ImportErrorRow[]> {
  return sql.query<ImportErrorRow>(
    'contact_imports_errors_page',
    `SELECT row_number, position, line, code, field, message FROM contact_import_errors
      WHERE tenant_id = $1 AND import_id = $2 AND (row_number, position) > ($3, $4)
      ORDER BY row_number, position LIMIT $5`,
    [tenantId, id, after.row_number, after.position, limit],
  );
}

const present = ({
  error_code,
  error_message,
  created_at,
  started_at,
  finished_at,
  ...row
}: ImportRecord): ImportDto => ({
  ...row,
  error: error_code === null ? null : { code: error_code, message: error_message ?? '' },
  created_at: timestamp(created_at),
  started_at: timestampOrNull(started_at),
  finished_at: timestampOrNull(finished_at),
});
