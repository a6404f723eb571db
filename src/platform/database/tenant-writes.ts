import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { serviceUnavailable } from '../http/api-error.js';
import { isContention } from './database-errors.js';
import { Postgres, type SqlRunner } from './postgres.js';
import { NoTurnError, TenantTurns } from './tenant-turns.js';

/**
 * A tenant's writes may have this part of the process's connections: whatever one tenant's calls wait for, the others'
 * find most of the pool free.
 */
const SHARE = 1 / 4;
/**
 * How long a write waits for rows that another transaction holds, milliseconds: longer than a batch of 1,000 contacts
 * takes, and not so long that who holds a connection meanwhile is missed.
 */
const LOCK_TIMEOUT_MS = 1000;
/** Two batches that name the same e-mails in another order may wait for each other; one of them is run again. */
const TRIES = 3;
/** How long a write waits for its tenant's earlier ones, milliseconds. */
const TURN_MS = 10_000;

/**
 * Runs tenants' writes, each in one transaction, only a few of a tenant at a time. Its turn is waited for without a
 * connection.
 */
@Injectable()
export class TenantWrites {
  private readonly turns: TenantTurns;

  constructor(
    private readonly postgres: Postgres,
    settings: Settings,
  ) {
    this.turns = new TenantTurns(Math.max(1, Math.floor(settings.DATABASE_POOL_SIZE * SHARE)), TURN_MS);
  }

  /**
   * `work` may run several times, each undone before the next; it must not call `run` itself.
   * @throws ApiError 503 with Retry-After when the tenant's other writes, or the rows that they hold, leave it no chance
   */
  async run<T>(tenantId: number, work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    try {
      return await this.turns.run(tenantId, () => this.tried(work));
    } catch (error) {
      throw error instanceof NoTurnError || isContention(error) ? serviceUnavailable(error) : error;
    }
  }

  private async tried<T>(work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.postgres.transaction(work, { lockTimeoutMs: LOCK_TIMEOUT_MS });
      } catch (error) {
        if (tries === TRIES || !isContention(error)) throw error;
      }
    }
  }
}
