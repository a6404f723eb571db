import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';

/** What a tenant is, has and uses. */
export interface Account {
  id: number;
  name: string;
  subdomain: string;
  /** `active` or `suspended`. */
  status: string;
  createdAt: Date;
  /** Null when the tenant has no plan of its own. */
  subscriptionStatus: 'active' | 'expired' | 'cancelled' | null;
  subscriptionExpiresAt: Date | null;
  /** The plan that counts now (see the view `tenant_plans`); null when there is none. */
  planId: number | null;
  planName: string | null;
  /** -1: unlimited; null: no plan says. */
  limitContacts: number | null;
  limitConversations: number | null;
  limitCampaigns: number | null;
  limitStaff: number | null;
  features: Readonly<Record<string, unknown>>;
  contacts: number;
  /** Opened in this UTC month. */
  conversations: number;
  staff: number;
}

// By tenants_pkey, plans_pkey and tenant_usage_pkey: three rows, however much the tenant has.
const FIND = `
SELECT t.id, t.name, t.subdomain, t.status, t.created_at AS "createdAt",
       p.status AS "subscriptionStatus", p.expires_at AS "subscriptionExpiresAt",
       p.plan_id AS "planId", p.name AS "planName",
       p.limit_contacts AS "limitContacts", p.limit_conversations AS "limitConversations",
       p.limit_campaigns AS "limitCampaigns", p.limit_staff AS "limitStaff", coalesce(p.features, '{}') AS features,
       t.contact_count AS contacts, coalesce(u.conversations, 0) AS conversations, t.staff_count AS staff
  FROM tenants t
  JOIN tenant_plans p ON p.tenant_id = t.id
  LEFT JOIN tenant_usage u ON u.tenant_id = t.id AND u.month = date_trunc('month', now())::date
 WHERE t.id = $1`;

/** Reads a tenant's account: the counters that are kept with every change, nothing is counted. */
@Injectable()
export class AccountRepository {
  constructor(private readonly postgres: Postgres) {}

  /** @returns null when there is no such tenant */
  async find(tenantId: number): Promise<Account | null> {
    const [account] = await this.postgres.query<Account>('account:find', FIND, [tenantId]);
    return account ?? null;
  }
}
