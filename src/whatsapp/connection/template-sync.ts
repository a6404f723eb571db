import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { CloudApiManagement, type TemplateFacts } from '../client/cloud-api-management.js';

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
  ) {}

  /**
   * Reads all templates first, then writes them in one transaction, so a list that breaks off changes nothing. What
   * WhatsApp no longer has is marked DELETED and kept.
   * @throws GraphRefusedError | GraphUnavailableError
   */
  async sync({ tenantId, accountId, wabaId, accessToken }: SyncedAccount): Promise<SyncedTemplates> {
    const templates = await this.management.listTemplates(wabaId, accessToken);
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
      ]);
      const removed = await sql.query('template-sync-remove', REMOVE, [
        tenantId,
        accountId,
        templates.map(({ name, language }) => `${name} ${language}`),
      ]);
      const created = written.filter((template) => template.created).length;
      return {
        synced: templates.length,
        created,
        updated: written.length - created,
        removed: removed.length,
      };
    });
  }
}

const row = ({
  id,
  name,
  language,
  category,
  status,
  parameterFormat,
  qualityScore,
  components,
}: TemplateFacts): object => ({
  template_id: id,
  name,
  language,
  category,
  status,
  parameter_format: parameterFormat,
  quality_score: qualityScore,
  components,
});

// By the unique index on (account_id, name, language). xmax is 0 for a row that this statement inserted. Rows that
// are already as WhatsApp has them stay untouched and are not counted.
const UPSERT = `
INSERT INTO templates AS t (tenant_id, account_id, template_id, name, language, category, status, parameter_format,
                            quality_score, components)
SELECT $1, $2, n.template_id, n.name, n.language, n.category, n.status, n.parameter_format, n.quality_score, n.components
FROM jsonb_to_recordset($3::jsonb) AS n (template_id text, name text, language text, category text, status text,
                                         parameter_format text, quality_score text, components jsonb)
ON CONFLICT (account_id, name, language) DO UPDATE
SET template_id = excluded.template_id, category = excluded.category, status = excluded.status,
    parameter_format = excluded.parameter_format, quality_score = excluded.quality_score,
    components = excluded.components, updated_at = now()
WHERE t.tenant_id = $1
  AND (t.template_id, t.category, t.status, t.parameter_format, t.quality_score, t.components)
      IS DISTINCT FROM (excluded.template_id, excluded.category, excluded.status, excluded.parameter_format,
                        excluded.quality_score, excluded.components)
RETURNING xmax = 0 AS created`;

// Template names have no spaces ([a-z0-9_]), so name and language can be joined by one.
const REMOVE = `
UPDATE templates SET status = 'DELETED', updated_at = now()
WHERE tenant_id = $1 AND account_id = $2 AND status <> 'DELETED' AND name || ' ' || language <> ALL ($3::text[])
RETURNING id`;
