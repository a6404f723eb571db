import { Injectable } from '@nestjs/common';
import { noteChange } from '../platform/audit/operator-changes.js';
import { Prisma as PrismaNames } from '../platform/database/generated/client.js';
import { Prisma } from '../platform/database/prisma.js';
import { MAX_EXPIRES_IN_S, MIN_EXPIRES_IN_S } from './message-expiry.js';
import { PLAN_FEATURES, UNLIMITED_PLAN } from './plan-features.js';
import { TenantError } from './tenant-error.js';

/** What the operator gives for a new tenant. Absent defaults stay unset. */
export interface NewTenant {
  readonly name: string;
  /** Unique; lower-case letters, digits and hyphens, as in a host name. */
  readonly subdomain: string;
  /** Name of a plan; absent: `unlimited`, which is made when it is not there. */
  readonly plan?: string;
  /** What contacts get that are made automatically. Sends to new phones need a source and a status. */
  readonly defaultSource?: string;
  readonly defaultStatus?: string;
  readonly defaultAssignee?: string;
}

export interface TenantSummary {
  readonly id: number;
  readonly name: string;
  readonly subdomain: string;
  readonly status: string;
  readonly plan: string | null;
  /** How long messages are kept once they have come to an end, days; null: for ever. */
  readonly messageRetentionDays: number | null;
  /** After how long a message expires that could not leave, unless its send says otherwise; seconds. */
  readonly messageExpiresInS: number;
  /** Whether free-form messages into a closed service window are refused before WhatsApp is asked. */
  readonly enforceServiceWindow: boolean;
  readonly createdAt: Date;
}

type Transaction = PrismaNames.TransactionClient;

/** Columns that the operator sets one by one. */
type TenantChange =
  | { status: 'active' | 'suspended' }
  | { messageRetentionDays: number | null }
  | { messageExpiresInS: number }
  | { enforceServiceWindow: boolean };

const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const UNIQUE_VIOLATION = 'P2002';
const MAX_NAME = 100;
/** WhatsApp repeats webhooks for 7 days; until then a message that came is known by its row. */
const MIN_RETENTION_DAYS = 8;
const MAX_RETENTION_DAYS = 36_500;

/** The operator's work on tenants. Suspending takes effect within a second on every process (LISTEN/NOTIFY). */
@Injectable()
export class TenantsService {
  constructor(private readonly prisma: Prisma) {}

  /** @throws TenantError when a field is wrong, the subdomain is taken or the plan unknown */
  async create(tenant: NewTenant): Promise<TenantSummary> {
    const name = tenant.name.trim();
    if (name === '' || [...name].length > MAX_NAME) throw new TenantError(`A name has 1 to ${MAX_NAME} characters`);
    if (!SUBDOMAIN.test(tenant.subdomain)) {
      throw new TenantError('A subdomain has 1 to 63 lower-case letters, digits and hyphens, no hyphen at its ends');
    }
    try {
      return await this.prisma.operator.$transaction(async (transaction) => {
        const plan = await this.planId(transaction, tenant.plan);
        const { id } = await transaction.tenant.create({ data: { name, subdomain: tenant.subdomain, planId: plan } });
        await setDefaults(transaction, id, tenant);
        await noteChange(transaction, id, { action: 'tenant.created', ids: [id] });
        return await read(transaction, id);
      });
    } catch (error) {
      if (error instanceof PrismaNames.PrismaClientKnownRequestError && error.code === UNIQUE_VIOLATION) {
        throw new TenantError(`The subdomain ${tenant.subdomain} is taken`, { cause: error });
      }
      throw error;
    }
  }

  async list(): Promise<TenantSummary[]> {
    const tenants = await this.prisma.operator.tenant.findMany({ include: { plan: true }, orderBy: { id: 'asc' } });
    return tenants.map(summary);
  }

  /** @throws TenantError when there is no such tenant */
  async get(id: number): Promise<TenantSummary> {
    return read(this.prisma.operator, id);
  }

  /** The tenant with this subdomain, or null. */
  async findBySubdomain(subdomain: string): Promise<TenantSummary | null> {
    const tenant = await this.prisma.operator.tenant.findUnique({ where: { subdomain }, include: { plan: true } });
    return tenant && summary(tenant);
  }

  /** A suspended tenant's tokens answer 401; nothing is deleted. @throws TenantError */
  suspend(id: number): Promise<TenantSummary> {
    return this.setStatus(id, 'suspended');
  }

  /** @throws TenantError */
  activate(id: number): Promise<TenantSummary> {
    return this.setStatus(id, 'active');
  }

  /**
   * Sets how long the tenant's messages are kept once they have come to an end; null: for ever. What is too old goes
   * with the next daily maintenance, and does not come back. @throws TenantError
   */
  async setRetention(id: number, days: number | null): Promise<TenantSummary> {
    if (days !== null && !(Number.isInteger(days) && days >= MIN_RETENTION_DAYS && days <= MAX_RETENTION_DAYS)) {
      throw new TenantError(`Messages are kept for ${MIN_RETENTION_DAYS} to ${MAX_RETENTION_DAYS} days, or for ever`);
    }
    return this.change(id, { messageRetentionDays: days });
  }

  /**
   * Sets after how many seconds a message expires that could not leave, for sends without `expires_in`. Messages that
   * are stored already keep theirs. @throws TenantError
   */
  async setExpiry(id: number, seconds: number): Promise<TenantSummary> {
    if (!(Number.isInteger(seconds) && seconds >= MIN_EXPIRES_IN_S && seconds <= MAX_EXPIRES_IN_S)) {
      throw new TenantError(`Messages expire after ${MIN_EXPIRES_IN_S} to ${MAX_EXPIRES_IN_S} seconds`);
    }
    return this.change(id, { messageExpiresInS: seconds });
  }

  /**
   * Sets whether free-form messages into a closed service window are refused before WhatsApp is asked. What is stored
   * already still goes out. @throws TenantError
   */
  setServiceWindow(id: number, enforced: boolean): Promise<TenantSummary> {
    return this.change(id, { enforceServiceWindow: enforced });
  }

  private setStatus(id: number, status: 'active' | 'suspended'): Promise<TenantSummary> {
    return this.change(id, { status });
  }

  private async change(id: number, data: TenantChange): Promise<TenantSummary> {
    return this.prisma.operator.$transaction(async (transaction) => {
      const { count } = await transaction.tenant.updateMany({ where: { id }, data });
      if (count === 0) throw new TenantError(`There is no tenant ${id}`);
      await noteChange(transaction, id, { action: 'tenant.updated', ids: [id], details: noted(data) });
      return read(transaction, id);
    });
  }

  private async planId(transaction: Transaction, name: string | undefined): Promise<number> {
    if (name === undefined || name === UNLIMITED_PLAN) {
      const features = Object.fromEntries(PLAN_FEATURES.map((feature) => [feature, true]));
      const create = { name: UNLIMITED_PLAN, features };
      // Limits default to -1, which is none. Another command may make it at the same moment.
      await transaction.plan.createMany({ data: [create], skipDuplicates: true });
      return (await transaction.plan.findUniqueOrThrow({ where: { name: UNLIMITED_PLAN } })).id;
    }
    const plan = await transaction.plan.findUnique({ where: { name } });
    if (!plan) throw new TenantError(`There is no plan named ${name}`);
    return plan.id;
  }
}

/** The names of settings as the commands show them. */
const SETTING_NAMES = {
  status: 'status',
  messageRetentionDays: 'message_retention_days',
  messageExpiresInS: 'message_expires_in_s',
  enforceServiceWindow: 'enforce_service_window',
} as const;

const isSetting = (name: string): name is keyof typeof SETTING_NAMES => Object.hasOwn(SETTING_NAMES, name);

const noted = (change: TenantChange): PrismaNames.InputJsonObject =>
  Object.fromEntries(
    Object.entries(change).flatMap(([name, value]) => (isSetting(name) ? [[SETTING_NAMES[name], value]] : [])),
  );

async function setDefaults(transaction: Transaction, tenantId: number, tenant: NewTenant): Promise<void> {
  const data: PrismaNames.TenantUncheckedUpdateInput = {};
  if (tenant.defaultSource !== undefined) {
    data.defaultSourceId = (await transaction.source.create({ data: { tenantId, name: tenant.defaultSource } })).id;
  }
  if (tenant.defaultStatus !== undefined) {
    data.defaultStatusId = (await transaction.status.create({ data: { tenantId, name: tenant.defaultStatus } })).id;
  }
  if (tenant.defaultAssignee !== undefined) {
    data.defaultAssignedId = (await transaction.staff.create({ data: { tenantId, name: tenant.defaultAssignee } })).id;
  }
  if (Object.keys(data).length > 0) await transaction.tenant.update({ where: { id: tenantId }, data });
}

async function read(client: Pick<Transaction, 'tenant'>, id: number): Promise<TenantSummary> {
  const tenant = await client.tenant.findUnique({ where: { id }, include: { plan: true } });
  if (!tenant) throw new TenantError(`There is no tenant ${id}`);
  return summary(tenant);
}

function summary(tenant: PrismaNames.TenantGetPayload<{ include: { plan: true } }>): TenantSummary {
  const { plan, id, name, subdomain, status, messageRetentionDays, messageExpiresInS, ...rest } = tenant;
  const { enforceServiceWindow, createdAt } = rest;
  return {
    id,
    name,
    subdomain,
    status,
    plan: plan?.name ?? null,
    messageRetentionDays,
    messageExpiresInS,
    enforceServiceWindow,
    createdAt,
  };
}
