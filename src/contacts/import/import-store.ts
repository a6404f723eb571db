import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import type { ImportDelimiter, ImportEncoding } from './import-format.js';

/** An import that this worker is to carry out, while its lease holds. */
export interface ContactImport {
  readonly id: number;
  readonly tenant_id: number;
  readonly token_id: number | null;
  readonly request_id: string | null;
  readonly encoding: ImportEncoding;
  readonly delimiter: ImportDelimiter;
  readonly source_id: number;
  readonly status_id: number;
  readonly skip_duplicates: boolean;
  /** Null until the rows are counted. */
  readonly total: number | null;
  readonly done: number;
  /** This one included; tells leases of one import apart. */
  readonly tries: number;
  /** Leases in a row, this one included, since a row was done or the import was given back. */
  readonly failures: number;
}

/** What was wrong with a row. */
export interface ImportError {
  readonly row: number;
  readonly line: number;
  readonly position: number;
  readonly code: string;
  readonly field: string;
  readonly message: string;
}

/** What became of some rows that follow each other. */
export interface ImportStep {
  readonly rows: number;
  readonly created: number;
  readonly skipped: number;
  readonly failed: number;
  readonly errors: readonly ImportError[];
}

/** The lease ended before its work did: somebody else has the import now. */
export class ImportLeaseLostError extends Error {}

/** The tenant was suspended: its import goes on when it is active again. */
export class ImportSuspendedError extends Error {}

/*
 * Index contact_imports_due. The oldest import of each tenant only: one at a time, and nobody's many hold up another's
 * one. Those of suspended tenants stay. A lease counts as failed until something comes of it: a worker that the import
 * itself kills cannot say so.
 */
const CLAIM = `
WITH first AS MATERIALIZED (
  SELECT DISTINCT ON (i.tenant_id) i.id
    FROM contact_imports i JOIN tenants t ON t.id = i.tenant_id AND t.status = 'active'
   WHERE i.next_at IS NOT NULL ORDER BY i.tenant_id, i.id),
picked AS MATERIALIZED (
  SELECT i.id FROM contact_imports i
   WHERE i.id IN (SELECT id FROM first) AND i.next_at <= now()
   ORDER BY i.next_at, i.id LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE contact_imports i
   SET status = 'running', started_at = coalesce(i.started_at, now()), tries = i.tries + 1,
       failures = i.failures + 1, next_at = now() + $2 * interval '1 second'
  FROM picked p WHERE i.id = p.id
RETURNING i.id, i.tenant_id, i.token_id, i.request_id, i.encoding, i.delimiter, i.source_id, i.status_id,
          i.skip_duplicates, i.total, i.done, i.tries, i.failures`;

/* The file is needed no more: its link ends, and the collector of media does the rest. */
const END = `
WITH ended AS (
  UPDATE contact_imports i
     SET status = $4, error_code = $5, error_message = $6, next_at = NULL, finished_at = now(), media_link_id = NULL
    FROM contact_imports before
   WHERE i.id = $1 AND i.tenant_id = $2 AND i.tries = $3 AND before.id = i.id
  RETURNING before.media_link_id)
UPDATE media_links l SET expires_at = now() FROM ended e WHERE l.id = e.media_link_id AND l.tenant_id = $2`;

/** Imports as workers need them, in `contact_imports`. */
@Injectable()
export class ImportStore {
  constructor(private readonly postgres: Postgres) {}

  /** Takes imports into work, at most `limit`. What is not ended or renewed within `leaseS` seconds is due again. */
  claim(limit: number, leaseS: number): Promise<ContactImport[]> {
    return this.postgres.query<ContactImport>('contact_imports_claim', CLAIM, [limit, leaseS]);
  }

  /** Imports that this process still has in work keep their lease. */
  async renew(imports: readonly ContactImport[], leaseS: number): Promise<void> {
    await this.postgres.query(
      'contact_imports_renew',
      `UPDATE contact_imports i SET next_at = now() + $3 * interval '1 second'
         FROM unnest($1::int[], $2::int[]) AS u (id, tries)
        WHERE i.id = u.id AND i.tries = u.tries AND i.next_at IS NOT NULL`,
      [imports.map(({ id }) => id), imports.map(({ tries }) => tries), leaseS],
    );
  }

  /** Where the file is kept; undefined when it is there no more. */
  async storageKey({ id, tenant_id }: ContactImport): Promise<string | undefined> {
    const [row] = await this.postgres.query<{ storage_key: string }>(
      'contact_imports_file',
      `SELECT f.storage_key FROM contact_imports i
         JOIN media_links l ON l.id = i.media_link_id AND l.tenant_id = i.tenant_id
         JOIN media_files f ON f.id = l.media_file_id AND f.tenant_id = i.tenant_id
        WHERE i.id = $1 AND i.tenant_id = $2`,
      [id, tenant_id],
    );
    return row?.storage_key;
  }

  /** How many rows the file has. */
  async counted({ id, tenant_id, tries }: ContactImport, total: number): Promise<void> {
    await this.postgres.query(
      'contact_imports_counted',
      'UPDATE contact_imports SET total = $4 WHERE id = $1 AND tenant_id = $2 AND tries = $3',
      [id, tenant_id, tries, total],
    );
  }

  /**
   * Begins a step within the transaction that takes it: nobody else is at this import until it ends.
   * @throws ImportLeaseLostError when the import is another worker's, or `done` rows are not what is done;
   * ImportSuspendedError
   */
  async hold(sql: SqlRunner, { id, tenant_id, tries }: ContactImport, done: number): Promise<void> {
    const [held] = await sql.query<{ is_active: boolean }>(
      'contact_imports_hold',
      `SELECT t.status = 'active' AS is_active FROM contact_imports i JOIN tenants t ON t.id = i.tenant_id
        WHERE i.id = $1 AND i.tenant_id = $2 AND i.tries = $3 AND i.done = $4 AND i.next_at IS NOT NULL FOR UPDATE OF i`,
      [id, tenant_id, tries, done],
    );
    if (!held) throw new ImportLeaseLostError('the import is not ours any more');
    if (!held.is_active) throw new ImportSuspendedError('the tenant is suspended');
  }

  /** Ends a step within its transaction: these rows are done. */
  async advance(
    sql: SqlRunner,
    { id, tenant_id }: ContactImport,
    { rows, created, skipped, failed, errors }: ImportStep,
  ): Promise<void> {
    if (errors.length > 0) {
      await sql.query(
        'contact_imports_errors',
        `INSERT INTO contact_import_errors (import_id, tenant_id, row_number, line, position, code, field, message)
         SELECT $1, $2, e.* FROM jsonb_to_recordset($3::jsonb)
             AS e ("row" int, line int, position int, code text, field text, message text)`,
        [id, tenant_id, JSON.stringify(errors)],
      );
    }
    await sql.query(
      'contact_imports_advance',
      `UPDATE contact_imports
          SET done = done + $3, created = created + $4, skipped = skipped + $5, failed = failed + $6, failures = 0
        WHERE id = $1 AND tenant_id = $2`,
      [id, tenant_id, rows, created, skipped, failed],
    );
  }

  /** Every row is done. */
  complete(one: ContactImport): Promise<void> {
    return this.end(one, 'completed', null, null);
  }

  /** It ends here; what it created stays. `code` and `message` are for the caller. */
  fail(one: ContactImport, code: string, message: string): Promise<void> {
    return this.end(one, 'failed', code, message);
  }

  /** Another worker, or this one, may go on at once. Nothing has failed. */
  async giveBack({ id, tenant_id, tries }: ContactImport): Promise<void> {
    await this.postgres.query(
      'contact_imports_give_back',
      `UPDATE contact_imports SET next_at = now(), failures = 0
        WHERE id = $1 AND tenant_id = $2 AND tries = $3 AND next_at IS NOT NULL`,
      [id, tenant_id, tries],
    );
  }

  /** It is due again after `firstS` seconds, or longer the more often it failed in a row: `mostS` at most. */
  async postpone({ id, tenant_id, tries }: ContactImport, firstS: number, mostS: number): Promise<void> {
    await this.postgres.query(
      'contact_imports_postpone',
      `UPDATE contact_imports
          SET next_at = now() + least($5, $4 * 2 ^ (greatest(1, least(failures, 20)) - 1)) * interval '1 second'
        WHERE id = $1 AND tenant_id = $2 AND tries = $3 AND next_at IS NOT NULL`,
      [id, tenant_id, tries, firstS, mostS],
    );
  }

  private async end(
    { id, tenant_id, tries }: ContactImport,
    status: 'completed' | 'failed',
    code: string | null,
    message: string | null,
  ): Promise<void> {
    await this.postgres.query('contact_imports_end', END, [id, tenant_id, tries, status, code, message]);
  }
}
