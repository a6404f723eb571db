import { Injectable } from '@nestjs/common';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { notFound } from '../../platform/http/api-error.js';
import { PREVIOUS_SECRET_HOURS, type SealedEndpoint } from './endpoint-secrets.js';

/** A row of `webhooks`. */
export interface WebhookRow extends SealedEndpoint {
  readonly id: number;
  readonly tenant_id: number;
  readonly url: string;
  readonly description: string | null;
  readonly events: string[];
  readonly enabled: boolean;
  readonly disabled_reason: string | null;
  readonly disabled_at: Date | null;
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What a caller sets, as it is stored. */
export interface WebhookValues {
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string | null;
  readonly headers_encrypted: Buffer | null;
  readonly enabled: boolean;
}

export const NO_SUCH_WEBHOOK = 'There is no such webhook.';

/** Endpoints, in `webhooks`, always of one tenant. */
@Injectable()
export class WebhookRepository {
  constructor(private readonly postgres: Postgres) {}

  /** Those of the ids that are the tenant's, in any order. */
  findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<WebhookRow[]> {
    return sql.query<WebhookRow>(
      'webhooks_by_ids',
      'SELECT * FROM webhooks WHERE tenant_id = $1 AND id = ANY ($2::bigint[])',
      [tenantId, ids],
    );
  }

  /** @throws ApiError 404 when the tenant has no such endpoint */
  async get(tenantId: number, id: number): Promise<WebhookRow> {
    return found((await this.findByIds(this.postgres, tenantId, [id]))[0]);
  }

  /** The same, locked until the transaction ends. @throws ApiError 404 */
  async lock(sql: SqlRunner, tenantId: number, id: number): Promise<WebhookRow> {
    return found(await this.lockIfThere(sql, tenantId, id));
  }

  /** The same; undefined when the tenant has no such endpoint. */
  async lockIfThere(sql: SqlRunner, tenantId: number, id: number): Promise<WebhookRow | undefined> {
    const [row] = await sql.query<WebhookRow>(
      'webhooks_lock',
      'SELECT * FROM webhooks WHERE tenant_id = $1 AND id = $2::bigint FOR NO KEY UPDATE',
      [tenantId, id],
    );
    return row;
  }

  /** How many the tenant has. Until the transaction ends nobody else counts them to add one. */
  async countToAdd(sql: SqlRunner, tenantId: number): Promise<number> {
    await sql.query('webhooks_turn', "SELECT pg_advisory_xact_lock(hashtext('webhooks'), $1)", [tenantId]);
    const [row] = await sql.query<{ count: number }>(
      'webhooks_count',
      'SELECT count(*) AS count FROM webhooks WHERE tenant_id = $1',
      [tenantId],
    );
    return row?.count ?? 0;
  }

  async insert(sql: SqlRunner, tenantId: number, values: WebhookValues, secret: Buffer): Promise<WebhookRow> {
    const [row] = await sql.query<WebhookRow>(
      'webhooks_insert',
      `INSERT INTO webhooks (tenant_id, url, events, description, headers_encrypted, enabled, secret_encrypted, disabled_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN NOT $6 THEN now() END) RETURNING *`,
      [tenantId, values.url, values.events, values.description, values.headers_encrypted, values.enabled, secret],
    );
    return found(row);
  }

  /**
   * Stores all values of an endpoint. One that is elsewhere, or is enabled again, begins anew: its failures are forgotten;
   * of one that is enabled again, what has waited for three days is given up by the workers.
   */
  async update(
    sql: SqlRunner,
    { id, tenant_id: tenantId, enabled }: WebhookRow,
    values: WebhookValues,
  ): Promise<WebhookRow> {
    const comesBack = values.enabled && !enabled;
    const [row] = await sql.query<WebhookRow>(
      'webhooks_update',
      `UPDATE webhooks
          SET url = $3, events = $4, description = $5, headers_encrypted = $6, enabled = $7, updated_at = now(),
              disabled_at = CASE WHEN $7 THEN NULL ELSE coalesce(disabled_at, now()) END,
              disabled_reason = CASE WHEN NOT $7 THEN disabled_reason END,
              failing_since = CASE WHEN NOT $8 AND url = $3 THEN failing_since END,
              resumed_at = CASE WHEN $8 THEN now() ELSE resumed_at END
        WHERE tenant_id = $1 AND id = $2 RETURNING *`,
      [
        tenantId,
        id,
        values.url,
        values.events,
        values.description,
        values.headers_encrypted,
        values.enabled,
        comesBack,
      ],
    );
    return found(row);
  }

  /** The present secret becomes the previous one; one that was previous signs no more. */
  async rotate(sql: SqlRunner, tenantId: number, id: number, secret: Buffer): Promise<WebhookRow> {
    const [row] = await sql.query<WebhookRow>(
      'webhooks_rotate',
      `UPDATE webhooks
          SET previous_secret_encrypted = secret_encrypted, secret_encrypted = $3, updated_at = now(),
              previous_secret_until = now() + $4 * interval '1 hour'
        WHERE tenant_id = $1 AND id = $2::bigint RETURNING *`,
      [tenantId, id, secret, PREVIOUS_SECRET_HOURS],
    );
    return found(row);
  }

  /** @throws ApiError 404 when the tenant has no such endpoint */
  async delete(sql: SqlRunner, tenantId: number, id: number): Promise<void> {
    const [row] = await sql.query<{ id: number }>(
      'webhooks_delete',
      'DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2::bigint RETURNING id',
      [tenantId, id],
    );
    found(row);
  }

  /** Disables an enabled endpoint; undefined when it is not, or (`failing`) has not failed for three days. */
  async disable(sql: SqlRunner, tenantId: number, id: number, reason: string): Promise<WebhookRow | undefined> {
    const [row] = await sql.query<WebhookRow>(
      'webhooks_disable',
      `UPDATE webhooks SET enabled = false, disabled_reason = $3, disabled_at = now(), updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND enabled
          AND ($3 <> 'failing' OR failing_since <= now() - interval '3 days') RETURNING *`,
      [tenantId, id, reason],
    );
    return row;
  }
}

function found<T>(row: T | undefined): T {
  if (!row) throw notFound(NO_SUCH_WEBHOOK);
  return row;
}
