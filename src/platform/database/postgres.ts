import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import pg from 'pg';
import { Settings } from '../config/settings.js';
import { Log } from '../logging/log.js';
import { CommitOutcomeUnknownError, isServerError } from './database-errors.js';

// int8 arrives as text by default; our ids stay below 2^53 and are JSON numbers on the wire.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text: string) => Number(text));

/** One row of a written-out query. */
export type Row = Record<string, unknown>;

/** Runs written-out SQL, on the pool or inside one transaction. */
export interface SqlRunner {
  /**
   * `name` makes it a prepared statement; keep one name for one text. An empty name is for a text that is put together
   * per call: it is planned for its own parameters and not kept. Parameters are $1, $2 …
   */
  query<T extends object = Row>(name: string, text: string, parameters?: unknown[]): Promise<T[]>;
}

interface TransactionOptions {
  lockTimeoutMs?: number;
  flush?: boolean;
}

function beginOf({ lockTimeoutMs, flush = true }: TransactionOptions): string {
  const parts = ['BEGIN'];
  if (lockTimeoutMs) parts.push(`SET LOCAL lock_timeout = ${Math.trunc(lockTimeoutMs)}`);
  if (!flush) parts.push('SET LOCAL synchronous_commit = off');
  return parts.join('; ');
}

async function commit(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (error) {
    throw isServerError(error) ? error : new CommitOutcomeUnknownError(error);
  }
}

/**
 * The process's one pool of Postgres connections. Hot paths write their SQL out and run it here (one place for raw
 * SQL); everything else goes through Prisma, which shares this pool.
 */
@Injectable()
export class Postgres implements SqlRunner, OnModuleDestroy {
  readonly pool: pg.Pool;

  constructor(
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    this.pool = new pg.Pool({
      connectionString: settings.DATABASE_URL,
      max: settings.DATABASE_POOL_SIZE,
      connectionTimeoutMillis: 5000,
      idleTimeoutMillis: 30_000,
      // A server that vanished without a word (a failover) would keep its callers waiting for ever: TCP notices, and so
      // does a limit on our side, longer than the server's own.
      keepAlive: true,
      query_timeout: 35_000,
      // A statement that runs this long is a fault; it must not hold its connection for ever.
      statement_timeout: 30_000,
      options: '-c timezone=UTC',
      application_name: `rasl-${settings.ROLE}`,
      types,
    });
    this.pool.on('error', (error) => this.log.warn({ err: error }, 'an idle database connection was lost'));
  }

  async query<T extends object = Row>(name: string, text: string, parameters: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T & Row>({ name, text, values: parameters })).rows;
  }

  /**
   * Runs `work` in one READ COMMITTED transaction, with a lock time-out (milliseconds), so that a blocked row is an
   * error rather than a queue. Rolls back when `work` throws.
   *
   * `flush: false` answers before the COMMIT is on disk (synchronous_commit = off): after a crash of the server it may
   * be undone, though never without everything that was committed later. For work that is then simply done again.
   * @throws CommitOutcomeUnknownError when the connection broke at the COMMIT
   */
  async transaction<T>(work: (sql: SqlRunner) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.begun(beginOf(options), work);
  }

  /**
   * Reads in one transaction that sees one moment (REPEATABLE READ, read only). Each statement may take
   * `statementTimeoutMs`, then it fails with 57014 (see `isStatementTimeout`).
   */
  async snapshot<T>(work: (sql: SqlRunner) => Promise<T>, options: { statementTimeoutMs: number }): Promise<T> {
    return this.begun(
      `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = ${Math.trunc(options.statementTimeoutMs)}`,
      work,
    );
  }

  private async begun<T>(begin: string, work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    // A connection that dies says so by an event too, beside failing the statement; unheard, it would end the process.
    const lost = (error: Error): void => {
      broken = error;
    };
    client.on('error', lost);
    try {
      await client.query(begin);
      const result = await work({
        query: async <R extends object>(name: string, text: string, parameters: unknown[] = []) =>
          (await client.query<R & Row>({ name, text, values: parameters })).rows,
      });
      await commit(client);
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        // The connection is gone; Postgres rolls back by itself. The pool must not hand it out again.
        broken = rollbackError;
      });
      throw error;
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  }

  /** A connection of its own, outside the pool (LISTEN holds it for the life of the process). */
  createClient(): pg.Client {
    return new pg.Client({
      connectionString: this.settings.DATABASE_URL,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      application_name: `rasl-${this.settings.ROLE}-listener`,
      types,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.end();
  }
}
