import { isServerError } from '../../platform/database/database-errors.js';
import type { Postgres, SqlRunner } from '../../platform/database/postgres.js';
import { conflict, notFound, validationError } from '../../platform/http/api-error.js';

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
  async create(tenantId: number, values: NamedValues): Promise<Row> {
    const { table, extra } = this.of;
    const given = ['name', ...extra];
    const [row] = await this.named(() =>
      this.postgres.query<Row>(
        `${table}_insert`,
        `INSERT INTO ${table} (tenant_id, ${given.join(', ')})
         VALUES ($1, ${given.map((_, index) => `$${index + 2}`).join(', ')}) RETURNING ${this.columns}`,
        [tenantId, ...given.map((column) => values[column] ?? null)],
      ),
    );
    if (!row) throw new Error(`No ${this.of.noun} came of its insert`);
    return row;
  }

  /** @throws ApiError 404 when the tenant has no such record, 422 on `name` when another one has it */
  async change(tenantId: number, id: number, values: NamedValues): Promise<Row> {
    const { table, extra } = this.of;
    const given = ['name', ...extra].filter((column) => values[column] !== undefined);
    const [row] = await this.named(() =>
      this.postgres.query<Row>(
        `${table}_update_${given.join('_')}`,
        `UPDATE ${table} SET ${given.map((column, index) => `${column} = $${index + 3}`).join(', ')}, updated_at = now()
          WHERE tenant_id = $1 AND id = $2::bigint RETURNING ${this.columns}`,
        [tenantId, id, ...given.map((column) => values[column])],
      ),
    );
    if (!row) throw this.notFound();
    return row;
  }

  /**
   * Deletes a source or status that nobody uses. The foreign key of contacts decides, so that a contact which takes it
   * at the same moment is seen.
   * @throws ApiError 404 when the tenant has no such record, 409 RESOURCE_IN_USE while contacts have it, or new ones get
   * it by default
   */
  async deleteUnused(tenantId: number, id: number, noun: keyof typeof DEFAULTS): Promise<void> {
    const { table } = this.of;
    const deleted = await this.unused(() =>
      this.postgres.query(
        `${table}_delete_unused`,
        `DELETE FROM ${table} r
          WHERE r.tenant_id = $1 AND r.id = $2::bigint
            AND NOT EXISTS (SELECT FROM tenants t WHERE t.id = r.tenant_id AND t.${DEFAULTS[noun]} = r.id)
         RETURNING r.id`,
        [tenantId, id],
      ),
    );
    if (deleted.length > 0) return;
    await this.get(tenantId, id);
    throw conflict('RESOURCE_IN_USE', `New contacts get this ${noun} by default, so it cannot be deleted`);
  }

  notFound(): Error {
    return notFound(`There is no such ${this.of.noun}.`);
  }

  private async named<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isServerError(error) || error.code !== UNIQUE_VIOLATION) throw error;
      throw validationError({ name: [`Another ${this.of.noun} has this name already.`] });
    }
  }

  private async unused<T>(remove: () => Promise<T>): Promise<T> {
    try {
      return await remove();
    } catch (error) {
      if (!isServerError(error) || error.code !== FOREIGN_KEY_VIOLATION) throw error;
      throw conflict('RESOURCE_IN_USE', `Contacts use this ${this.of.noun}, so it cannot be deleted`);
    }
  }
}
