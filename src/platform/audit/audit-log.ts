import { Injectable } from '@nestjs/common';
import { Postgres } from '../database/postgres.js';

/** One entry, as the operator reads it. */
export interface AuditEntry {
  at: Date;
  tenantId: number | null;
  tokenId: number | null;
  tokenName: string | null;
  operator: string | null;
  requestId: string | null;
  /** An action of audit-actions.ts, or `message.sent`, which is read from the message itself. */
  action: string;
  subjectIds: number[];
  details: Readonly<Record<string, unknown>>;
}

export interface AuditQuery {
  /** Absent: all tenants and the platform. */
  tenantId?: number;
  tokenId?: number;
  requestId?: string;
  /** An action, or the beginning of one: `contact`. */
  action?: string;
  since?: Date;
  /** The tenant's newest sends, too. */
  withSends: boolean;
  /** Newest first. */
  limit: number;
}

/*
 * Indexes audit_tenant, audit_request; without both, the partitions' primary keys, newest first. Sends by
 * messages_tenant_id: ids rise with time, so the newest ids are the newest messages.
 */
const LIST = `
SELECT e.at, e.tenant_id AS "tenantId", e.token_id AS "tokenId", t.name AS "tokenName", e.operator,
       e.request_id AS "requestId", e.action, to_jsonb(e.subject_ids) AS "subjectIds", e.details
  FROM (
    (SELECT at, id, tenant_id, token_id, operator, request_id, action, subject_ids, details
       FROM audit
      WHERE ($1::int IS NULL OR tenant_id = $1) AND ($2::int IS NULL OR token_id = $2)
        AND ($3::uuid IS NULL OR request_id = $3)
        AND ($4::text IS NULL OR action = $4 OR starts_with(action, $4 || '.')) AND ($5::timestamptz IS NULL OR at >= $5)
      ORDER BY at DESC, id DESC LIMIT $7)
    UNION ALL
    (SELECT m.created_at, m.id, m.tenant_id, m.token_id, NULL, m.request_id, 'message.sent', ARRAY[m.id], '{}'::jsonb
       FROM (SELECT * FROM messages WHERE $6 AND tenant_id = $1 ORDER BY id DESC LIMIT $7) m
      WHERE m.direction = 'outbound' AND ($2::int IS NULL OR m.token_id = $2)
        AND ($3::uuid IS NULL OR m.request_id = $3) AND ($4::text IS NULL OR $4 IN ('message', 'message.sent'))
        AND ($5::timestamptz IS NULL OR m.created_at >= $5))) e
  LEFT JOIN api_tokens t ON t.id = e.token_id
 ORDER BY e.at DESC, e.id DESC LIMIT $7`;

/** Reads who changed what, for the operator. */
@Injectable()
export class AuditLog {
  constructor(private readonly postgres: Postgres) {}

  /** Newest first. Sends are only looked for among the `limit` newest messages of the tenant that is named. */
  list(query: AuditQuery): Promise<AuditEntry[]> {
    // Planned for its own values: which index serves depends on what is asked for.
    return this.postgres.query<AuditEntry>('', LIST, [
      query.tenantId ?? null,
      query.tokenId ?? null,
      query.requestId ?? null,
      query.action ?? null,
      query.since ?? null,
      query.withSends,
      query.limit,
    ]);
  }
}
