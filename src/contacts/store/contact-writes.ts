import { Injectable } from '@nestjs/common';
import { isContention } from '../../platform/database/database-errors.js';
import { Postgres, type SqlRunner } from '../../platform/database/postgres.js';
import { IdentityHashes } from '../erase/identity-hashes.js';

/**
 * How long a write waits for rows that another transaction holds, milliseconds: longer than it takes that 50 callers
 * want the same phone, one after the other.
 */
const LOCK_TIMEOUT_MS = 5000;
/** Two batches that name the same e-mails in another order may wait for each other; one of them is run again. */
const TRIES = 3;

/** Runs what changes contacts, each in one transaction. */
@Injectable()
export class ContactWrites {
  constructor(
    private readonly postgres: Postgres,
    private readonly hashes: IdentityHashes,
  ) {}

  /** `work` may run several times; what it threw an ApiError for is undone. */
  async run<T>(work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    await this.hashes.ready();
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.postgres.transaction(work, { lockTimeoutMs: LOCK_TIMEOUT_MS });
      } catch (error) {
        if (tries === TRIES || !isContention(error)) throw error;
      }
    }
  }
}
