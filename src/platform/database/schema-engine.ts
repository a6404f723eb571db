import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';

/** The schema engine could not apply a migration; the message is Postgres's own, with the line in the script. */
export class SchemaEngineError extends Error {}

/**
 * Applies migrations with Prisma's own schema engine, compiled to WebAssembly: the native one would have to be
 * downloaded from a host that not every network can reach. Statements have no time-out: building an index may take
 * as long as it takes.
 * @returns names of the migrations that were applied now
 * @throws SchemaEngineError
 */
export async function applyWithSchemaEngine(databaseUrl: string, migrations: MigrationList): Promise<string[]> {
  const engineClass = await loadSchemaEngine();
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5000,
    application_name: 'rasl-migrate',
    max: 2,
  });
  const scripts = new WholeScripts(pool);
  const silent = (): void => undefined;
  try {
    const engine = await engineClass.new(
      { datamodels: undefined },
      silent,
      bindMigrationAwareSqlAdapterFactory(scripts),
    );
    try {
      const result = await engine.applyMigrations({
        migrationsList: migrations,
        filters: { externalTables: [], externalEnums: [] },
      });
      return result.appliedMigrationNames;
    } finally {
      engine.free();
    }
  } catch (error) {
    throw new SchemaEngineError(scripts.fault ?? firstLines(error), { cause: error });
  } finally {
    await pool.end();
  }
}

// Below the message the engine prints where in its own code it was.
const firstLines = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split(/\n\s+0: /)[0]?.trim() ?? '';

/**
 * PrismaPg, except that a script goes to Postgres whole, as one simple query: PrismaPg cuts it at every semicolon,
 * also inside comments and function bodies. As one query it is atomic, too: a migration that fails leaves nothing
 * behind. (CREATE INDEX CONCURRENTLY therefore needs a migration of its own.)
 */
class WholeScripts implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  /** Postgres's words for the script that failed. */
  fault?: string;
  private readonly inner: PrismaPg;

  constructor(private readonly pool: pg.Pool) {
    this.inner = new PrismaPg(pool);
  }

  async connect(): Promise<SqlDriverAdapter> {
    const adapter = await this.inner.connect();
    adapter.executeScript = (script) => this.execute(script);
    return adapter;
  }

  connectToShadowDb(): Promise<SqlDriverAdapter> {
    return this.inner.connectToShadowDb();
  }

  private async execute(script: string): Promise<void> {
    try {
      await this.pool.query(script);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      const line = error.position ? script.slice(0, Number(error.position)).split('\n').length : undefined;
      this.fault = line === undefined ? error.message : `${error.message} (line ${line} of the migration)`;
      throw new DriverAdapterError({
        kind: 'postgres',
        code: error.code ?? 'XX000',
        severity: error.severity ?? 'ERROR',
        message: error.message,
        detail: error.detail,
        column: error.column,
        hint: error.hint,
      });
    }
  }
}

// Node has it; the type packages in use do not describe it.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

type SchemaEngineClass = typeof SchemaEngine;
type Glue = { SchemaEngine: SchemaEngineClass; __wbg_set_wasm: (exports: object) => void };

let loaded: Promise<SchemaEngineClass> | undefined;

/** The package's entry wants a bundler that imports .wasm; this is what such a bundler would do. */
function loadSchemaEngine(): Promise<SchemaEngineClass> {
  loaded ??= (async () => {
    const gluePath = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const glue: unknown = await import('@prisma/schema-engine-wasm/schema_engine_bg');
    if (!isGlue(glue)) throw new SchemaEngineError('The package @prisma/schema-engine-wasm has another shape');
    const bytes = await readFile(join(dirname(gluePath), 'schema_engine_bg.wasm'));
    const { instance } = await WebAssembly.instantiate(bytes, {
      './schema_engine_bg.js': { ...glue, ...timersThatHoldNothingUp(glue) },
    });
    glue.__wbg_set_wasm(instance.exports);
    if (typeof instance.exports.__wbindgen_start === 'function')
      Reflect.apply(instance.exports.__wbindgen_start, undefined, []);
    return glue.SchemaEngine;
  })();
  return loaded;
}

/**
 * The engine arms a time-out of 10 s for its own advisory lock and never takes it back. It must not keep a process
 * alive that has nothing else to do.
 */
function timersThatHoldNothingUp(glue: Glue): object {
  const names = Object.keys(glue).filter((name) => name.startsWith('__wbg_setTimeout_'));
  const unreferenced = (work: () => void, milliseconds: number): NodeJS.Timeout =>
    setTimeout(work, milliseconds).unref();
  return Object.fromEntries(names.map((name) => [name, unreferenced]));
}

function isGlue(module: unknown): module is Glue {
  return (
    typeof module === 'object' &&
    module !== null &&
    '__wbg_set_wasm' in module &&
    typeof module.__wbg_set_wasm === 'function' &&
    'SchemaEngine' in module &&
    typeof module.SchemaEngine === 'function'
  );
}
