import { readSettings } from '../../src/platform/config/settings.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { ListCursors } from '../../src/platform/pagination/list-cursors.js';
import { type ListPage, Lists } from '../../src/platform/pagination/lists.js';
import type { ListSpec } from '../../src/platform/pagination/list-spec.js';
import { PARCEL_LIST } from '../../src/platform/pagination/testing/parcel-list.js';
import { createDatabase, dropDatabase } from '../support/database.js';
import { baseEnvironment } from '../support/environment.js';

/** A row of the lab's table. */
export interface Parcel {
  id: number;
  name: string;
  note: string | null;
  state: string;
  weight: number;
  fragile: boolean;
  created_at: Date;
  group_id: number[];
}

export type NewParcel = Omit<Parcel, 'id'>;

/** The grammar of lists over a table of its own in a real Postgres. */
export class ListLab {
  private constructor(
    private readonly databaseName: string,
    readonly postgres: Postgres,
    readonly lists: Lists,
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<ListLab> {
    const { name, url } = await createDatabase('lists');
    const settings = readSettings({ ...baseEnvironment(), DATABASE_URL: url, LOG_LEVEL: 'silent', ...env });
    const postgres = new Postgres(settings, new Log(settings));
    await postgres.pool.query(
      `CREATE TABLE parcels (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id integer NOT NULL, name text NOT NULL, note text,
         state text NOT NULL, weight integer NOT NULL, fragile boolean NOT NULL, created_at timestamptz(3) NOT NULL,
         group_id integer[] NOT NULL)`,
    );
    await postgres.pool.query('CREATE INDEX ON parcels (tenant_id, created_at DESC, id DESC)');
    return new ListLab(name, postgres, new Lists(postgres, new ListCursors(new Encryption(settings)), settings));
  }

  async stop(): Promise<void> {
    await this.postgres.onModuleDestroy();
    await dropDatabase(this.databaseName);
  }

  /** Stores parcels; answers their ids in order. */
  async insert(tenantId: number, parcels: readonly NewParcel[]): Promise<number[]> {
    const ids: number[] = [];
    for (const { name, note, state, weight, fragile, created_at, group_id } of parcels) {
      const { rows } = await this.postgres.pool.query<{ id: number }>(
        `INSERT INTO parcels (tenant_id, name, note, state, weight, fragile, created_at, group_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
        [tenantId, name, note, state, weight, fragile, created_at, group_id],
      );
      for (const { id } of rows) ids.push(id);
    }
    return ids;
  }

  /** One page, as its endpoint answers it. */
  page(tenantId: number, query: string): Promise<ListPage<Parcel>> {
    const scope = { tenantId };
    const request = this.lists.read(PARCEL_LIST, scope, query);
    return this.lists.page(PARCEL_LIST, scope, request, (sql, ids) =>
      sql.query<Parcel>('', 'SELECT * FROM parcels WHERE id = ANY ($1::bigint[])', [ids]),
    );
  }

  /** A setting of Postgres, as it is while a page of this list is read. */
  async settingOf(name: string, tenantId: number, spec: ListSpec, query: string): Promise<unknown> {
    const scope = { tenantId };
    let setting: unknown;
    await this.lists.page(spec, scope, this.lists.read(spec, scope, query), async (sql) => {
      const [row] = await sql.query<{ setting: string }>('', 'SELECT current_setting($1) AS setting', [name]);
      setting = row?.setting;
      return [];
    });
    return setting;
  }

  /** The ids of all pages, by cursor; `between` runs after each page. */
  async byCursor(
    tenantId: number,
    query: string,
    between: () => Promise<unknown> = async () => null,
  ): Promise<number[]> {
    const ids: number[] = [];
    let page = await this.page(tenantId, query);
    for (;;) {
      ids.push(...page.items.map(({ id }) => id));
      const { next_cursor: cursor } = page.pagination;
      if (cursor === null) return ids;
      await between();
      page = await this.page(tenantId, `cursor=${cursor}`);
    }
  }

  /** The ids of all pages, by number. */
  async byNumber(tenantId: number, query: string): Promise<number[]> {
    const ids: number[] = [];
    for (let number = 1; ; number += 1) {
      const { items, pagination } = await this.page(tenantId, `${query}&page=${number}`);
      ids.push(...items.map(({ id }) => id));
      if (number >= (pagination.last_page ?? 0)) return ids;
    }
  }
}
