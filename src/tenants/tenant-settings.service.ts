import { Injectable } from '@nestjs/common';
import { noteChange } from '../platform/audit/operator-changes.js';
import type { Prisma as PrismaNames } from '../platform/database/generated/client.js';
import type { TenantModel } from '../platform/database/generated/models/Tenant.js';
import { Prisma } from '../platform/database/prisma.js';
import { Clock } from '../platform/clock/clock.js';
import { TenantError } from './tenant-error.js';

/** What contacts get that are made automatically. */
export interface DefaultsChange {
  /** Name of a source; made when the tenant has none of that name. */
  readonly source?: string;
  /** Name of a status; likewise. */
  readonly status?: string;
  /** Id of a member of the tenant's staff. */
  readonly assigneeId?: number;
}

/** How a tenant's one-time codes are; what is absent stays as it is. Codes that were sent before keep theirs. */
export interface CodeSettingsChange {
  /** How often one code may be tried. */
  readonly maxAttempts?: number;
  /** Digits of a code that is made here. */
  readonly codeLength?: number;
}

/** What becomes of a message whose outcome stays unknown. */
export type UnknownPolicy = 'fail' | 'resend';

export interface TenantSettings {
  readonly tenantId: number;
  readonly defaultSource: string | null;
  readonly defaultStatus: string | null;
  readonly defaultAssignee: string | null;
  readonly unknownPolicy: string;
  readonly enforceServiceWindow: boolean;
  readonly messageExpiresInS: number;
  readonly messageRetentionDays: number | null;
  readonly otpMaxAttempts: number;
  readonly otpCodeLength: number;
  readonly plan: string | null;
  readonly planExpiresAt: Date | null;
  readonly planCancelledAt: Date | null;
}

type Transaction = PrismaNames.TransactionClient;

const MAX_NAME = 255;
/** A phone has ten tries a minute, whatever the code allows. */
const CODE_ATTEMPTS = { least: 1, most: 10 } as const;
/** WhatsApp takes 15 characters; fewer than four are guessed too easily. */
const CODE_DIGITS = { least: 4, most: 15 } as const;

/** The operator's work on a tenant's plan, defaults and policy. Every change holds from the next send on. */
@Injectable()
export class TenantSettingsService {
  constructor(
    private readonly prisma: Prisma,
    private readonly clock: Clock,
  ) {}

  /** @throws TenantError when there is no such tenant */
  async get(tenantId: number): Promise<TenantSettings> {
    return read(this.prisma.operator, tenantId);
  }

  /**
   * Gives the tenant a plan, which ends an earlier cancellation; `expiresAt` null: its period has no end.
   * @throws TenantError
   */
  async setPlan(tenantId: number, name: string, expiresAt: Date | null): Promise<TenantSettings> {
    if (expiresAt && expiresAt <= this.clock.now()) throw new TenantError('The end of the period is in the past');
    return this.change(tenantId, async (transaction) => {
      const plan = await transaction.plan.findUnique({ where: { name } });
      if (!plan) throw new TenantError(`There is no plan named ${name}`);
      await transaction.tenant.update({
        where: { id: tenantId },
        data: { planId: plan.id, planExpiresAt: expiresAt, planCancelledAt: null },
      });
      return { plan: name, plan_expires_at: expiresAt?.toISOString() ?? null };
    });
  }

  /**
   * Notes that the tenant has cancelled: from now on the plan named `Free` counts, where there is one. Twice keeps the
   * first time. @throws TenantError
   */
  async cancelPlan(tenantId: number): Promise<TenantSettings> {
    return this.change(tenantId, async (transaction) => {
      await transaction.tenant.updateMany({
        where: { id: tenantId, planCancelledAt: null },
        data: { planCancelledAt: this.clock.now() },
      });
      return { plan_cancelled: true };
    });
  }

  /** @throws TenantError when a name is empty or too long, or the tenant has no such member of staff */
  async setDefaults(tenantId: number, change: DefaultsChange): Promise<TenantSettings> {
    return this.change(tenantId, async (transaction) => {
      const data: PrismaNames.TenantUncheckedUpdateInput = {};
      const noted: Record<string, number> = {};
      if (change.source !== undefined) {
        noted.default_source_id = data.defaultSourceId = await sourceId(transaction, tenantId, checked(change.source));
      }
      if (change.status !== undefined) {
        noted.default_status_id = data.defaultStatusId = await statusId(transaction, tenantId, checked(change.status));
      }
      if (change.assigneeId !== undefined) {
        const found = await transaction.staff.findFirst({ where: { tenantId, id: change.assigneeId } });
        if (!found) throw new TenantError(`Tenant ${tenantId} has no member of staff ${change.assigneeId}`);
        noted.default_assigned_id = data.defaultAssignedId = found.id;
      }
      if (Object.keys(noted).length === 0) throw new TenantError('Nothing to change was given');
      await transaction.tenant.update({ where: { id: tenantId }, data });
      return noted;
    });
  }

  /** @throws TenantError */
  async setUnknownPolicy(tenantId: number, policy: UnknownPolicy): Promise<TenantSettings> {
    return this.change(tenantId, async (transaction) => {
      await transaction.tenant.update({ where: { id: tenantId }, data: { unknownPolicy: policy } });
      return { unknown_policy: policy };
    });
  }

  /** @throws TenantError when a number is out of its range, or none is given */
  async setCodes(tenantId: number, { maxAttempts, codeLength }: CodeSettingsChange): Promise<TenantSettings> {
    if (maxAttempts === undefined && codeLength === undefined) throw new TenantError('Nothing to change was given');
    requireWithin(maxAttempts, CODE_ATTEMPTS, 'A code may be tried', 'times');
    requireWithin(codeLength, CODE_DIGITS, 'A code has', 'digits');
    return this.change(tenantId, async (transaction) => {
      await transaction.tenant.update({
        where: { id: tenantId },
        data: { otpMaxAttempts: maxAttempts, otpCodeLength: codeLength },
      });
      return {
        ...(maxAttempts !== undefined && { otp_max_attempts: maxAttempts }),
        ...(codeLength !== undefined && { otp_code_length: codeLength }),
      };
    });
  }

  private change(
    tenantId: number,
    work: (transaction: Transaction) => Promise<PrismaNames.InputJsonObject>,
  ): Promise<TenantSettings> {
    return this.prisma.operator.$transaction(async (transaction) => {
      await find(transaction, tenantId);
      const details = await work(transaction);
      await noteChange(transaction, tenantId, { action: 'tenant.updated', ids: [tenantId], details });
      return read(transaction, tenantId);
    });
  }
}

function requireWithin(
  value: number | undefined,
  { least, most }: { least: number; most: number },
  what: string,
  unit: string,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new TenantError(`${what} ${least} to ${most} ${unit}`);
}

function checked(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || [...trimmed].length > MAX_NAME) throw new TenantError(`A name has 1 to ${MAX_NAME} characters`);
  return trimmed;
}

async function sourceId(transaction: Transaction, tenantId: number, name: string): Promise<number> {
  const where = { tenantId, name: { equals: name, mode: 'insensitive' as const } };
  const found = await transaction.source.findFirst({ where });
  return (found ?? (await transaction.source.create({ data: { tenantId, name } }))).id;
}

async function statusId(transaction: Transaction, tenantId: number, name: string): Promise<number> {
  const where = { tenantId, name: { equals: name, mode: 'insensitive' as const } };
  const found = await transaction.status.findFirst({ where });
  return (found ?? (await transaction.status.create({ data: { tenantId, name } }))).id;
}

async function find(client: Pick<Transaction, 'tenant'>, id: number): Promise<TenantModel> {
  const tenant = await client.tenant.findUnique({ where: { id } });
  if (!tenant) throw new TenantError(`There is no tenant ${id}`);
  return tenant;
}

async function read(
  client: Pick<Transaction, 'tenant' | 'plan' | 'source' | 'status' | 'staff'>,
  tenantId: number,
): Promise<TenantSettings> {
  const tenant = await find(client, tenantId);
  const plan = tenant.planId === null ? null : await client.plan.findUnique({ where: { id: tenant.planId } });
  const source = await client.source.findFirst({ where: { tenantId, id: tenant.defaultSourceId ?? 0 } });
  const status = await client.status.findFirst({ where: { tenantId, id: tenant.defaultStatusId ?? 0 } });
  const assignee = await client.staff.findFirst({ where: { tenantId, id: tenant.defaultAssignedId ?? 0 } });
  return {
    tenantId,
    defaultSource: source?.name ?? null,
    defaultStatus: status?.name ?? null,
    defaultAssignee: assignee?.name ?? null,
    unknownPolicy: tenant.unknownPolicy,
    enforceServiceWindow: tenant.enforceServiceWindow,
    messageExpiresInS: tenant.messageExpiresInS,
    messageRetentionDays: tenant.messageRetentionDays,
    otpMaxAttempts: tenant.otpMaxAttempts,
    otpCodeLength: tenant.otpCodeLength,
    plan: plan?.name ?? null,
    planExpiresAt: tenant.planExpiresAt,
    planCancelledAt: tenant.planCancelledAt,
  };
}
