import { Injectable } from '@nestjs/common';
import { recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { notFound, validationError } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';
import type { ListenerRow, ListenerValues } from '../store-listener.js';

/** Listeners of a tenant. */
export const MAX_LISTENERS = 50;

const COLUMNS = `id, tenant_id, key, kind, name, secret_encrypted, template_name, language, mapping, conditions, once_per,
                 default_country, delay_minutes, enabled, created_at, updated_at`;

/** What a write brings beside the values. */
export interface SealedListener {
  readonly values: ListenerValues;
  /** Undefined: as it is. */
  readonly secret: Buffer | null | undefined;
}

const parametersOf = ({ values }: SealedListener): unknown[] => [
  values.name,
  values.template_name,
  values.language,
  JSON.stringify(values.mapping),
  JSON.stringify(values.conditions),
  values.once_per,
  values.default_country === null ? null : JSON.stringify(values.default_country),
  values.delay_minutes,
  values.enabled,
];

/** Reads and writes listeners: of one tenant, but for {@link findByKey}, which finds whose a public address is. */
@Injectable()
export class ListenerRepository {
  constructor(
    private readonly postgres: Postgres,
    private readonly writes: TenantWrites,
  ) {}

  /** Those of the ids that are the tenant's, in any order. */
  findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<ListenerRow[]> {
    return sql.query<ListenerRow>(
      'store_listeners_by_ids',
      `SELECT ${COLUMNS} FROM store_listeners WHERE tenant_id = $1 AND id = ANY ($2::bigint[])`,
      [tenantId, ids],
    );
  }

  /** @throws ApiError 404 when the tenant has no such listener */
  async get(tenantId: number, id: number, sql: SqlRunner = this.postgres): Promise<ListenerRow> {
    const [row] = await this.findByIds(sql, tenantId, [id]);
    if (!row) throw noSuchListener();
    return row;
  }

  /** The listener of a public address, while its tenant is active. */
  async findByKey(key: string): Promise<ListenerRow | undefined> {
    const [row] = await this.postgres.query<ListenerRow>(
      'store_listeners_by_key',
      `SELECT ${COLUMNS.replaceAll(/\w+/g, 'l.$&')} FROM store_listeners l
         JOIN tenants t ON t.id = l.tenant_id AND t.status = 'active' WHERE l.key = $1`,
      [key],
    );
    return row;
  }

  /** @throws ApiError 422 when the tenant has {@link MAX_LISTENERS} already */
  create(author: AuthenticatedTenant, key: string, listener: SealedListener): Promise<ListenerRow> {
    const { tenantId } = author;
    return this.writes.run(tenantId, async (sql) => {
      await lockCount(sql, tenantId);
      const [row] = await sql.query<ListenerRow>(
        'store_listeners_insert',
        `INSERT INTO store_listeners (tenant_id, key, kind, secret_encrypted, name, template_name, language, mapping,
                                      conditions, once_per, default_country, delay_minutes, enabled)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
          WHERE (SELECT count(*) FROM store_listeners WHERE tenant_id = $1) < ${MAX_LISTENERS} RETURNING ${COLUMNS}`,
        [tenantId, key, listener.values.kind, listener.secret ?? null, ...parametersOf(listener)],
      );
      if (!row)
        throw validationError({ body: [`There are ${MAX_LISTENERS} listeners already, and no more are possible`] });
      await recordChanges(sql, author, [{ action: 'integration.created', ids: [row.id] }]);
      return row;
    });
  }

  /**
   * Changes a listener; `change` reads what it is to become from what it is.
   * @throws ApiError 404 when the tenant has no such listener, whatever `change` throws
   */
  update(
    author: AuthenticatedTenant,
    id: number,
    fields: readonly string[],
    change: (row: ListenerRow) => Promise<SealedListener>,
  ): Promise<ListenerRow> {
    const { tenantId } = author;
    return this.writes.run(tenantId, async (sql) => {
      await sql.query(
        'store_listeners_lock',
        'SELECT FROM store_listeners WHERE tenant_id = $1 AND id = $2::bigint FOR UPDATE',
        [tenantId, id],
      );
      const listener = await change(await this.get(tenantId, id, sql));
      const [row] = await sql.query<ListenerRow>(
        'store_listeners_update',
        `UPDATE store_listeners
            SET secret_encrypted = CASE WHEN $3 THEN $4 ELSE secret_encrypted END, name = $5, template_name = $6,
                language = $7, mapping = $8, conditions = $9, once_per = $10, default_country = $11,
                delay_minutes = $12, enabled = $13, updated_at = now()
          WHERE tenant_id = $1 AND id = $2::bigint RETURNING ${COLUMNS}`,
        [tenantId, id, listener.secret !== undefined, listener.secret ?? null, ...parametersOf(listener)],
      );
      if (!row) throw new Error('A locked listener is gone');
      await recordChanges(sql, author, [{ action: 'integration.updated', ids: [id], details: { fields } }]);
      return row;
    });
  }

  /** Takes its payloads along. @throws ApiError 404 when the tenant has no such listener */
  delete(author: AuthenticatedTenant, id: number): Promise<void> {
    const { tenantId } = author;
    return this.writes.run(tenantId, async (sql) => {
      const deleted = await sql.query(
        'store_listeners_delete',
        'DELETE FROM store_listeners WHERE tenant_id = $1 AND id = $2::bigint RETURNING id',
        [tenantId, id],
      );
      if (deleted.length === 0) throw noSuchListener();
      await recordChanges(sql, author, [{ action: 'integration.deleted', ids: [id] }]);
    });
  }
}

export const NO_SUCH_LISTENER = 'There is no such listener.';
const noSuchListener = (): Error => notFound(NO_SUCH_LISTENER);

/** Two creates of one tenant count one after the other. */
async function lockCount(sql: SqlRunner, tenantId: number): Promise<void> {
  await sql.query('store_listeners_lock_count', `SELECT pg_advisory_xact_lock(hashtext('store_listeners'), $1)`, [
    tenantId,
  ]);
}
