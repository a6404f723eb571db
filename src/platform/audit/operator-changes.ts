import type { Prisma as PrismaNames } from '../database/generated/client.js';
import type { AuditAction } from './audit-actions.js';
import { operatorOf } from './audit-trail.js';

/** A change of the operator's. */
export interface OperatorChange {
  action: AuditAction;
  ids: readonly number[];
  details?: PrismaNames.InputJsonObject;
}

/** As `recordChanges`, for the operator's work through the ORM; `tenantId` null: it concerns the platform. */
export async function noteChange(
  transaction: PrismaNames.TransactionClient,
  tenantId: number | null,
  { action, ids, details = {} }: OperatorChange,
): Promise<void> {
  const { operator } = operatorOf(tenantId);
  await transaction.auditEntry.create({ data: { tenantId, operator, action, subjectIds: [...ids], details } });
}
