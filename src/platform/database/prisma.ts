import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';
import { Postgres } from './postgres.js';
import { assertTenantNamed } from './tenant-wall.js';

function walledClient(postgres: Postgres) {
  const adapter = new PrismaPg(postgres.pool, { disposeExternalPool: false });
  return new PrismaClient({ adapter, errorFormat: 'minimal' }).$extends({
    name: 'tenant-wall',
    query: {
      $allModels: {
        $allOperations({ model, operation, args, query }) {
          assertTenantNamed(model, operation, args);
          return query(args);
        },
      },
    },
  });
}

/**
 * How long the operator's work waits for a connection, and how long a transaction of it may take, milliseconds. It is
 * rare and short, so a machine or a database that is busy is waited for.
 */
const OPERATOR_TRANSACTIONS = { maxWait: 20_000, timeout: 30_000 };

/**
 * Prisma on the process's pool. `tenant` is the client for everything: it refuses queries that name no tenant.
 * `operator` is the same client without the wall, for the operator's commands, which speak of all tenants.
 */
@Injectable()
export class Prisma implements OnModuleDestroy {
  readonly tenant: ReturnType<typeof walledClient>;
  readonly operator: PrismaClient;

  constructor(postgres: Postgres) {
    this.tenant = walledClient(postgres);
    this.operator = new PrismaClient({
      adapter: new PrismaPg(postgres.pool, { disposeExternalPool: false }),
      errorFormat: 'minimal',
      transactionOptions: OPERATOR_TRANSACTIONS,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.tenant.$disconnect();
    await this.operator.$disconnect();
  }
}
