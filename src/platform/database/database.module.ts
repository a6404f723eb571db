import { Global, Module } from '@nestjs/common';
import { Postgres } from './postgres.js';
import { Prisma } from './prisma.js';

/** Postgres for every feature: written-out SQL by {@link Postgres}, the ORM by {@link Prisma}. */
@Global()
@Module({ providers: [Postgres, Prisma], exports: [Postgres, Prisma] })
export class DatabaseModule {}
