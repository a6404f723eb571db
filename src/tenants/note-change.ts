import { operatorOf } from '../platform/audit/audit-trail.js';
import type { AuditAction } from '../platform/audit/audit-actions.js';
import type { Prisma as PrismaNames } from '../platform/database/generated/client.js';

/** A change of the operator's. */
export interface OperatorChange {
  action: AuditAction;
  ids: readonly number[];
  details?: PrismaNames.InputJsonObject;
}

/** Notes a change of the operator's in the transaction that makes it; `tenantId` null: it concerns the platform. */
export async function noteChange(
  transaction: PrismaNames.TransactionClient,
  tenantId: number | null,
  { action, ids, details = {} }: OperatorChange,
): Promise<void> {
  const { operator } = operatorOf(tenantId);
  await transaction.auditEntry.create({ data: { tenantId, operator, action, subjectIds: [...ids], details } });
}
