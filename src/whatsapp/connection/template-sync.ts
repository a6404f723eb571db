import { Injectable } from '@nestjs/common';
import { type Author, recordChanges } from '../../platform/audit/audit-trail.js';
import { Postgres } from '../../platform/database/postgres.js';
import { CloudApiManagement, GraphRefusedError, type TemplateFacts } from '../client/cloud-api-management.js';
import { AccessTokens } from './access-tokens.js';
import { ManagementBudget, ManagementLimitError, type BudgetedAccount } from './management-budget.js';

/** What a sync changed. */
export interface SyncedTemplates {
  readonly synced: number;
  readonly created: number;
  readonly updated: number;
  readonly removed: number;
}

export interface SyncedAccount {
  readonly tenantId: number;
  /** whatsapp_accounts.id */
  readonly accountId: number;
  readonly wabaId: string;
  readonly accessToken: string;
}

/** Brings the stored templates of one account to what WhatsApp has. */
@Injectable()
export class TemplateSync {
  constructor(
    private readonly postgres: Postgres,
    private readonly management: CloudApiManagement,
    private readonly budget: ManagementBudget,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * All accounts of a tenant, one after the other; what was synced before one that fails stays synced.
   * @returns null when the tenant has no account
   * @throws as {@link sync}
   */
  async syncTenant(tenantId: number, author: Author): Promise<SyncedTemplates | null> {
    const accounts = await this.postgres.query<{ id: number; waba_id: string; updated_at: Date }>(
      'template-sync-accounts',
      'SELECT id, waba_id, updated_at FROM whatsapp_accounts WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
    if (accounts.length === 0) return null;
    const total = { synced: 0, created: 0, updated: 0, removed: 0 };
    for (const { id: accountId, waba_id: wabaId, updated_at: updatedAt } of accounts) {
      const accessToken = await this.tokens.tokenFor({ tenantId, accountId, updatedAt });
      const one = await this.sync({ tenantId, accountId, wabaId, accessToken }, author);
      total.synced += one.synced;
      total.created += one.created;
      total.updated += one.updated;
      total.removed += one.removed;
    }
    return total;
  }

  /**
   * Reads all templates first, then writes them in one transaction, so a list that breaks off changes nothing. What
   * WhatsApp no longer has is marked DELETED and kept. What a webhook reports while the list is being read is newer than
   * the list, and stays.
   * @throws GraphRefusedError | GraphUnavailableError
   * @throws ManagementLimitError when the account's management calls are used up
   */
  async sync({ tenantId, accountId, wabaId, accessToken }: SyncedAccount, author: Author): Promise<SyncedTemplates> {
    const begunAt = await this.now();
    const templates = await this.read({ tenantId, accountId }, wabaId, accessToken);
    return this.postgres.transaction(async (sql) => {
      // Two syncs of one account take turns.
      await sql.query(
        'template-sync-lock',
        'SELECT id FROM whatsapp_accounts WHERE tenant_id = $1 AND id = $2 FOR UPDATE',
        [tenantId, accountId],
      );
      const written = await sql.query<{ created: boolean }>('template-sync-upsert', UPSERT, [
        tenantId,
        accountId,
        JSON.stringify(templates.map(row)),
        begunAt,
      ]);
      const removed = await sql.query('template-sync-remove', REMOVE, [
        tenantId,
        accountId,
        templates.map(({ name, language }) => `${name} ${language}`),
        begunAt,
      ]);
      const created = written.filter((template) => template.created).length;
      const counts = {
        synced: templates.length,
        created,
        updated: written.length - created,
        removed: removed.length,
      };
      await recordChanges(sql, author, [{ action: 'templates.synced', ids: [accountId], details: counts }]);
      return counts;
    });
  }

  private async read(account: BudgetedAccount, wabaId: string, accessToken: string): Promise<TemplateFacts[]> {
    try {
      return await this.management.listTemplates(wabaId, accessToken, () => this.budget.charge(account));
    } catch (error) {
      const waitS = error instanceof GraphRefusedError ? managementWaitS(error) : null;
      if (waitS === null) throw error;
      await this.budget.exhaust(account, waitS);
      throw new ManagementLimitError(waitS);
    }
  }

  /** The database's time: what webhooks change is stamped by it, too. */
  private async now(): Promise<Date> {
    const [row] = await this.postgres.query<{ now: Date }>('template-sync-begin', 'SELECT clock_timestamp() AS now');
    if (!row) throw new Error('The database has no time');
    return row.now;
  }
}

/** How long WhatsApp wants no management calls; null when it refused for another reason. */
function managementWaitS({ error: { classification } }: GraphRefusedError): number | null {
  const { scope, waitSeconds } = classification;
  const limits = scope === 'app' || scope === 'waba' || scope === 'mgmt';
  return classification.class === 'retry' && limits ? (waitSeconds ?? DEFAULT_WAIT_S) : null;
}

/** WhatsApp documents no wait; the advice is five minutes at least. */
const DEFAULT_WAIT_S = 300;

const row = ({
  id,
  name,
  language,
  category,
  status,
  parameterFormat,
  qualityScore,
  messageSendTtlSeconds,
  components,
}: TemplateFacts): object => ({
  template_id: id,
  name,
  language,
  category,
  status,
  parameter_format: parameterFormat,
  quality_score: qualityScore,
  message_send_ttl_seconds: messageSendTtlSeconds,
  components,
});

// By the unique index on (account_id, name, language). xmax is 0 for a row that this statement inserted. Rows that
// are already as WhatsApp has them stay untouched and are not counted. What changed since $4 was reported by a webhook,
// or read by a later sync: status, quality and category of such a row are newer than this list. So are its components
// when it was edited meanwhile.
const UPSERT = `
INSERT INTO templates AS t (tenant_id, account_id, template_id, name, language, category, status, parameter_format,
                            quality_score, components, message_send_ttl_seconds)
SELECT $1, $2, n.template_id, n.name, n.language, n.category, n.status, n.parameter_format, n.quality_score,
       n.components, n.message_send_ttl_seconds
FROM jsonb_to_recordset($3::jsonb) AS n (template_id text, name text, language text, category text, status text,
                                         parameter_format text, quality_score text, components jsonb,
                                         message_send_ttl_seconds integer)
ON CONFLICT (account_id, name, language) DO UPDATE
SET template_id = excluded.template_id, parameter_format = excluded.parameter_format,
    components = CASE WHEN t.components_updated_at > $4 THEN t.components ELSE excluded.components END,
    category = CASE WHEN t.updated_at > $4 THEN t.category ELSE excluded.category END,
    status = CASE WHEN t.updated_at > $4 THEN t.status ELSE excluded.status END,
    quality_score = CASE WHEN t.updated_at > $4 THEN t.quality_score ELSE excluded.quality_score END,
    message_send_ttl_seconds = excluded.message_send_ttl_seconds, updated_at = now()
WHERE t.tenant_id = $1
  AND (t.template_id, t.category, t.status, t.parameter_format, t.quality_score, t.components,
       t.message_send_ttl_seconds)
      IS DISTINCT FROM (excluded.template_id, excluded.category, excluded.status, excluded.parameter_format,
                        excluded.quality_score, excluded.components, excluded.message_send_ttl_seconds)
RETURNING xmax = 0 AS created`;

// Template names have no spaces ([a-z0-9_]), so name and language can be joined by one.
const REMOVE = `
UPDATE templates SET status = 'DELETED', updated_at = now()
WHERE tenant_id = $1 AND account_id = $2 AND status <> 'DELETED' AND updated_at <= $4
  AND name || ' ' || language <> ALL ($3::text[])
RETURNING id`;
