import { userInfo } from 'node:os';
import type { SqlRunner } from '../database/postgres.js';
import type { AuditAction } from './audit-actions.js';

/** Who changes something. An `AuthenticatedTenant` is one. */
export interface Author {
  /** Whose data; null: the platform's own. */
  readonly tenantId: number | null;
  /** Null: the operator. */
  readonly tokenId: number | null;
  readonly requestId: string | null;
  /** The operating system's user who ran a command. */
  readonly operator?: string;
}

/** One change. It is kept longer than what it speaks of, so it says nothing about people beyond ids and field names. */
export interface Change {
  readonly action: AuditAction;
  /** Of what was changed; may be many. */
  readonly ids: readonly number[];
  /** Names of the fields that were given, or old and new values of settings; no personal data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The operator who runs this command. */
export const operatorOf = (tenantId: number | null): Author => ({
  tenantId,
  tokenId: null,
  requestId: null,
  operator: userName(),
});

/** A container may run as a user whom its system has no name for. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/**
 * Notes who changed what, in the transaction that changes it: both stay, or neither. Locks nothing, so it may stand
 * anywhere in the transaction.
 */
export async function recordChanges(sql: SqlRunner, author: Author, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await sql.query(
    'audit:record',
    `INSERT INTO audit (tenant_id, token_id, operator, request_id, action, subject_ids, details)
     SELECT $1, $2, $3, $4, c.action, ARRAY(SELECT id::bigint FROM jsonb_array_elements_text(c.ids) AS id), c.details
       FROM jsonb_to_recordset($5::jsonb) AS c (action text, ids jsonb, details jsonb)`,
    [
      author.tenantId,
      author.tokenId,
      author.operator ?? null,
      author.requestId,
      JSON.stringify(changes.map(({ action, ids, details = {} }) => ({ action, ids, details }))),
    ],
  );
}
