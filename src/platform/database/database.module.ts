import { Global, Module } from '@nestjs/common';
import { Postgres } from './postgres.js';
import { Prisma } from './prisma.js';
import { TenantWrites } from './tenant-writes.js';

/** Postgres for every feature: written-out SQL by {@link Postgres}, the ORM by {@link Prisma}; what tenants' calls change by {@link TenantWrites}. */
@Global()
@Module({ providers: [Postgres, Prisma, TenantWrites], exports: [Postgres, Prisma, TenantWrites] })
export class DatabaseModule {}
