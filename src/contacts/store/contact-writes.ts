import { Injectable } from '@nestjs/common';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { TenantWrites } from '../../platform/database/tenant-writes.js';
import { IdentityHashes } from '../erase/identity-hashes.js';

/** Runs what changes contacts of one tenant, each in one transaction; see {@link TenantWrites}. */
@Injectable()
export class ContactWrites {
  constructor(
    private readonly writes: TenantWrites,
    private readonly hashes: IdentityHashes,
  ) {}

  /** `work` may run several times; what it threw an ApiError for is undone. @throws ApiError 503 */
  async run<T>(tenantId: number, work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    await this.hashes.ready();
    return this.writes.run(tenantId, work);
  }
}
