import { Injectable } from '@nestjs/common';
import { noteChange } from '../platform/audit/operator-changes.js';
import { Prisma as PrismaNames } from '../platform/database/generated/client.js';
import type { PlanModel } from '../platform/database/generated/models/Plan.js';
import { Prisma } from '../platform/database/prisma.js';
import { PLAN_FEATURES, type PlanFeature } from './plan-features.js';
import { TenantError } from './tenant-error.js';

/** What a plan may limit. */
export interface PlanLimits {
  /** -1: unlimited. */
  readonly contacts: number;
  /** In a UTC month. */
  readonly conversations: number;
  readonly campaigns: number;
  readonly staff: number;
  /** Default and cap of the tokens' own limits. */
  readonly apiCallsPerMinute: number;
}

export interface PlanSummary {
  readonly id: number;
  readonly name: string;
  readonly limits: PlanLimits;
  /** Those that are on. */
  readonly features: readonly PlanFeature[];
  readonly tenants: number;
}

/** What the operator changes of a plan. */
export interface PlanChange {
  readonly limits: Partial<PlanLimits>;
  /** All that shall be on; absent: as it is. */
  readonly features?: readonly string[];
}

/** A plan that says nothing about its features lets its tenants in: to shut them out is to be said. */
const FEATURES_OF_NEW: readonly PlanFeature[] = ['api_access'];

const MAX_NAME = 100;
/** What the columns hold. */
const MAX_LIMIT = 2_147_483_647;

/** The operator's work on plans. A changed plan holds for all its tenants at once. */
@Injectable()
export class PlansService {
  constructor(private readonly prisma: Prisma) {}

  async list(): Promise<PlanSummary[]> {
    const plans = await this.prisma.operator.plan.findMany({
      include: { _count: { select: { tenants: true } } },
      orderBy: { id: 'asc' },
    });
    return plans.map((plan) => summary(plan, plan._count.tenants));
  }

  /**
   * Limits that are not given are unlimited; features that are not named are off, and when none are given there is
   * `api_access` alone. @throws TenantError
   */
  async create(name: string, change: PlanChange): Promise<PlanSummary> {
    const trimmed = name.trim();
    if (trimmed === '' || [...trimmed].length > MAX_NAME) {
      throw new TenantError(`A plan's name has 1 to ${MAX_NAME} characters`);
    }
    const given = { ...change, features: change.features ?? FEATURES_OF_NEW };
    const columns = columnsOf(given);
    try {
      return await this.prisma.operator.$transaction(async (transaction) => {
        const plan = await transaction.plan.create({ data: { name: trimmed, ...columns } });
        await noteChange(transaction, null, { action: 'plan.created', ids: [plan.id], details: noted(trimmed, given) });
        return summary(plan, 0);
      });
    } catch (error) {
      if (error instanceof PrismaNames.PrismaClientKnownRequestError && error.code === 'P2002') {
        throw new TenantError(`There is a plan named ${trimmed} already`, { cause: error });
      }
      throw error;
    }
  }

  /** Tenants that have more than a lowered limit keep it, and get no more. @throws TenantError */
  async update(name: string, change: PlanChange): Promise<PlanSummary> {
    const columns = columnsOf(change);
    if (Object.keys(columns).length === 0) throw new TenantError('Nothing to change was given');
    return this.prisma.operator.$transaction(async (transaction) => {
      const { id } = await find(transaction, name);
      const plan = await transaction.plan.update({
        where: { id },
        data: columns,
        include: { _count: { select: { tenants: true } } },
      });
      await noteChange(transaction, null, { action: 'plan.updated', ids: [id], details: noted(name, change) });
      return summary(plan, plan._count.tenants);
    });
  }

  /** @throws TenantError when tenants have it */
  async delete(name: string): Promise<void> {
    await this.prisma.operator.$transaction(async (transaction) => {
      const { id } = await find(transaction, name);
      const tenants = await transaction.tenant.count({ where: { planId: id } });
      if (tenants > 0) throw new TenantError(`${tenants} tenants have the plan ${name}; give them another one first`);
      await transaction.plan.delete({ where: { id } });
      await noteChange(transaction, null, { action: 'plan.deleted', ids: [id], details: { name } });
    });
  }
}

async function find(transaction: PrismaNames.TransactionClient, name: string): Promise<PlanModel> {
  const plan = await transaction.plan.findUnique({ where: { name } });
  if (!plan) throw new TenantError(`There is no plan named ${name}`);
  return plan;
}

type PlanColumns = Partial<
  Record<'limitContacts' | 'limitConversations' | 'limitCampaigns' | 'limitStaff' | 'limitApiCallsPerMinute', number>
> & { features?: Record<string, boolean> };

function columnsOf({ limits, features }: PlanChange): PlanColumns {
  const columns: PlanColumns = {};
  if (limits.contacts !== undefined) columns.limitContacts = checked(limits.contacts);
  if (limits.conversations !== undefined) columns.limitConversations = checked(limits.conversations);
  if (limits.campaigns !== undefined) columns.limitCampaigns = checked(limits.campaigns);
  if (limits.staff !== undefined) columns.limitStaff = checked(limits.staff);
  if (limits.apiCallsPerMinute !== undefined) columns.limitApiCallsPerMinute = checked(limits.apiCallsPerMinute);
  if (features !== undefined) columns.features = switches(features);
  return columns;
}

/** What was given, as the command line shows it. */
function noted(plan: string, { limits, features }: PlanChange): PrismaNames.InputJsonObject {
  const { apiCallsPerMinute, ...others } = limits;
  const given = Object.entries({ name: plan, ...others, api_calls_per_minute: apiCallsPerMinute, features });
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function checked(limit: number): number {
  if (!Number.isInteger(limit) || limit < -1 || limit > MAX_LIMIT) {
    throw new TenantError(`A limit is a whole number from 0 to ${MAX_LIMIT}, or unlimited`);
  }
  return limit;
}

function switches(names: readonly string[]): Record<string, boolean> {
  const unknown = names.filter((name) => !PLAN_FEATURES.some((feature) => feature === name));
  if (unknown.length > 0) {
    throw new TenantError(`Unknown feature ${unknown.join(', ')}. There are: ${PLAN_FEATURES.join(', ')}`);
  }
  return Object.fromEntries(PLAN_FEATURES.map((feature) => [feature, names.includes(feature)]));
}

function summary(plan: PlanModel, tenants: number): PlanSummary {
  const features = plan.features as Record<string, unknown>;
  return {
    id: plan.id,
    name: plan.name,
    limits: {
      contacts: plan.limitContacts,
      conversations: plan.limitConversations,
      campaigns: plan.limitCampaigns,
      staff: plan.limitStaff,
      apiCallsPerMinute: plan.limitApiCallsPerMinute,
    },
    features: PLAN_FEATURES.filter((feature) => features[feature] ?? FEATURES_OF_NEW.includes(feature)),
    tenants,
  };
}
