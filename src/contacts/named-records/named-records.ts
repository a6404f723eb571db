import { recordChanges } from '../../platform/audit/audit-trail.js';
import { isServerError } from '../../platform/database/database-errors.js';
import type { Postgres, SqlRunner } from '../../platform/database/postgres.js';
import type { TenantWrites } from '../../platform/database/tenant-writes.js';
import { conflict, notFound, validationError } from '../../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../../platform/http/request-context.js';

/** A record that contacts are filed under: a group, a source or a status. */
export interface NamedRow {
  id: number;
  name: string;
  created_at: Date;
  updated_at: Date;
}

/** A table of such records. What stands here becomes SQL; all of it is ours. */
export interface NamedTable {
  readonly table: 'groups' | 'sources' | 'statuses';
  readonly noun: 'group' | 'source' | 'status';
  /** Columns beside the name that a caller sets. */
  readonly extra: readonly string[];
}

/** A name, and the values of the extra columns; one that is undefined is left as it is. */
export interface NamedValues {
  readonly name: string;
  readonly [column: string]: unknown;
}

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** `tenants` column of the default that new contacts get. */
const DEFAULTS = { source: 'default_source_id', status: 'default_status_id' } as const;

/** Reads and writes the records of one such table, always of one tenant. Names are unique without regard to case. */
export class NamedRecords<Row extends NamedRow> {
  private readonly columns: string;

  constructor(
    private readonly postgres: Postgres,
    private readonly writes: TenantWrites,
    private readonly of: NamedTable,
  ) {
    this.columns = ['id', 'name', ...of.extra, 'created_at', 'updated_at'].join(', ');
  }

  /** Those of the ids that are the tenant's, in any order. */
  findByIds(sql: SqlRunner, tenantId: number, ids: readonly number[]): Promise<Row[]> {
    return sql.query<Row>(
      `${this.of.table}_by_ids`,
      `SELECT ${this.columns} FROM ${this.of.table} WHERE tenant_id = $1 AND id = ANY ($2::bigint[])`,
      [tenantId, ids],
    );
  }

  /** @throws ApiError 404 when the tenant has no such record */
  async get(tenantId: number, id: number): Promise<Row> {
    const [row] = await this.findByIds(this.postgres, tenantId, [id]);
    if (!row) throw this.notFound();
    return row;
  }

  /** @throws ApiError 422 on `name` when another record of the tenant has it */
  async create(author: AuthenticatedTenant, values: NamedValues): Promise<Row> {
    const { table, noun, extra } = this.of;
    const given = ['name', ...extra];
    return this.named(author.tenantId, async (sql) => {
      const [row] = await sql.query<Row>(
        `${table}_insert`,
        `INSERT INTO ${table} (tenant_id, ${given.join(', ')})
         VALUES ($1, ${given.map((_, index) => `$${index + 2}`).join(', ')}) RETURNING ${this.columns}`,
        [author.tenantId, ...given.map((column) => values[column] ?? null)],
      );
      if (!row) throw new Error(`No ${noun} came of its insert`);
      await recordChanges(sql, author, [{ action: `${noun}.created`, ids: [row.id] }]);
      return row;
    });
  }

  /** @throws ApiError 404 when the tenant has no such record, 422 on `name` when another one has it */
  async change(author: AuthenticatedTenant, id: number, values: NamedValues): Promise<Row> {
    const { table, noun, extra } = this.of;
    const given = ['name', ...extra].filter((column) => values[column] !== undefined);
    return this.named(author.tenantId, async (sql) => {
      const [row] = await sql.query<Row>(
        `${table}_update_${given.join('_')}`,
        `UPDATE ${table} SET ${given.map((column, index) => `${column} = $${index + 3}`).join(', ')}, updated_at = now()
          WHERE tenant_id = $1 AND id = $2::bigint RETURNING ${this.columns}`,
        [author.tenantId, id, ...given.map((column) => values[column])],
      );
      if (!row) throw this.notFound();
      await recordChanges(sql, author, [{ action: `${noun}.updated`, ids: [id], details: { fields: given } }]);
      return row;
    });
  }

  /**
   * Deletes a source or status that nobody uses. The foreign key of contacts decides, so that a contact which takes it
   * at the same moment is seen.
   * @throws ApiError 404 when the tenant has no such record, 409 RESOURCE_IN_USE while contacts have it, or new ones get
   * it by default
   */
  async deleteUnused(author: AuthenticatedTenant, id: number, noun: keyof typeof DEFAULTS): Promise<void> {
    const { tenantId } = author;
    const { table } = this.of;
    const isDeleted = await this.unused(tenantId, async (sql) => {
      const deleted = await sql.query(
        `${table}_delete_unused`,
        `DELETE FROM ${table} r
          WHERE r.tenant_id = $1 AND r.id = $2::bigint
            AND NOT EXISTS (SELECT FROM tenants t WHERE t.id = r.tenant_id AND t.${DEFAULTS[noun]} = r.id)
         RETURNING r.id`,
        [tenantId, id],
      );
      if (deleted.length > 0) await recordChanges(sql, author, [{ action: `${noun}.deleted`, ids: [id] }]);
      return deleted.length > 0;
    });
    if (isDeleted) return;
    await this.get(tenantId, id);
    throw conflict('RESOURCE_IN_USE', `New contacts get this ${noun} by default, so it cannot be deleted`);
  }

  notFound(): Error {
    return notFound(`There is no such ${this.of.noun}.`);
  }

  private async named<T>(tenantId: number, write: (sql: SqlRunner) => Promise<T>): Promise<T> {
    try {
      return await this.writes.run(tenantId, write);
    } catch (error) {
      if (!isServerError(error) || error.code !== UNIQUE_VIOLATION) throw error;
      throw validationError({ name: [`Another ${this.of.noun} has this name already.`] });
    }
  }

  private async unused<T>(tenantId: number, remove: (sql: SqlRunner) => Promise<T>): Promise<T> {
    try {
      return await this.writes.run(tenantId, remove);
    } catch (error) {
      if (!isServerError(error) || error.code !== FOREIGN_KEY_VIOLATION) throw error;
      throw conflict('RESOURCE_IN_USE', `Contacts use this ${this.of.noun}, so it cannot be deleted`);
    }
  }
}
