import { Injectable } from '@nestjs/common';
import { operatorOf, recordChanges } from '../platform/audit/audit-trail.js';
import { Postgres } from '../platform/database/postgres.js';
import { TenantError } from './tenant-error.js';

export interface StaffMember {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly createdAt: Date;
}

const MAX_NAME = 100;
const MAX_EMAIL = 191;
/** Whoever is removed leaves so many contacts in one transaction: few enough that nobody waits long for one of them. */
const STEP = 5000;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** The operator's work on a tenant's staff: those whom contacts can be assigned to. */
@Injectable()
export class StaffService {
  constructor(private readonly postgres: Postgres) {}

  /** @throws TenantError when there is no such tenant, a field is wrong, or the plan has no room */
  async add(tenantId: number, member: { name: string; email?: string }): Promise<StaffMember> {
    const name = member.name.trim();
    if (name === '' || [...name].length > MAX_NAME) throw new TenantError(`A name has 1 to ${MAX_NAME} characters`);
    if (member.email !== undefined && (!EMAIL.test(member.email) || member.email.length > MAX_EMAIL)) {
      throw new TenantError(`${member.email} is no e-mail address`);
    }
    return this.postgres.transaction(async (sql) => {
      // The tenant's row is locked, so that two at once do not take the same place.
      const [tenant] = await sql.query<{ staff: number; maximum: number }>(
        'staff:room',
        `SELECT t.staff_count AS staff, coalesce(p.limit_staff, -1) AS maximum
           FROM tenants t LEFT JOIN tenant_plans p ON p.tenant_id = t.id WHERE t.id = $1 FOR NO KEY UPDATE OF t`,
        [tenantId],
      );
      if (!tenant) throw new TenantError(`There is no tenant ${tenantId}`);
      if (tenant.maximum >= 0 && tenant.staff >= tenant.maximum) {
        throw new TenantError(`The tenant's plan allows ${tenant.maximum} staff, and it has ${tenant.staff}`);
      }
      const [added] = await sql.query<StaffMember>(
        'staff:add',
        `INSERT INTO staff (tenant_id, name, email) VALUES ($1, $2, $3)
         RETURNING id, name, email, created_at AS "createdAt"`,
        [tenantId, name, member.email ?? null],
      );
      if (!added) throw new Error('a member of staff was not stored');
      await recordChanges(sql, operatorOf(tenantId), [{ action: 'staff.created', ids: [added.id] }]);
      return added;
    });
  }

  /** @throws TenantError when there is no such tenant */
  async list(tenantId: number): Promise<StaffMember[]> {
    const [tenant] = await this.postgres.query('staff:tenant', 'SELECT id FROM tenants WHERE id = $1', [tenantId]);
    if (!tenant) throw new TenantError(`There is no tenant ${tenantId}`);
    return this.postgres.query<StaffMember>(
      'staff:list',
      'SELECT id, name, email, created_at AS "createdAt" FROM staff WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
  }

  /**
   * Their contacts are nobody's from then on. Many are left in steps: a removal that was cut off in between is finished
   * by its repetition. @throws TenantError when the tenant has no such member
   */
  async remove(tenantId: number, id: number): Promise<void> {
    let left: number;
    do left = await this.leaveContacts(tenantId, id);
    while (left === STEP);
    await this.postgres.transaction(async (sql) => {
      const gone = await sql.query('staff:remove', 'DELETE FROM staff WHERE tenant_id = $1 AND id = $2 RETURNING id', [
        tenantId,
        id,
      ]);
      if (gone.length === 0) throw new TenantError(`Tenant ${tenantId} has no member of staff ${id}`);
      await recordChanges(sql, operatorOf(tenantId), [{ action: 'staff.deleted', ids: [id] }]);
    });
  }

  /** Index contacts_assigned. @returns how many contacts have nobody now */
  private async leaveContacts(tenantId: number, id: number): Promise<number> {
    const left = await this.postgres.query(
      'staff:leave-contacts',
      `WITH theirs AS MATERIALIZED (
         SELECT id FROM contacts WHERE tenant_id = $1 AND assigned_id = $2 ORDER BY id LIMIT ${STEP} FOR NO KEY UPDATE)
       UPDATE contacts c SET assigned_id = NULL, updated_at = now() FROM theirs t WHERE c.id = t.id RETURNING c.id`,
      [tenantId, id],
    );
    return left.length;
  }
}
