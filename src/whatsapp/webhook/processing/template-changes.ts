import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { TemplateComponentsItem, TemplateItem } from '../body/items.js';
import { editedComponents } from './edited-components.js';
import type { RoutedAccount } from './routes.js';

/** By id, else by name and language, which WhatsApp writes `en-US` here and `en_US` elsewhere. */
const NAMED = `tenant_id = $1 AND account_id = $2
        AND (template_id = $3
             OR (name = $4 AND lower(replace(language, '-', '_')) = lower(replace($5, '-', '_'))
                 AND NOT EXISTS (SELECT FROM templates t WHERE t.tenant_id = $1 AND t.account_id = $2 AND t.template_id = $3)))`;

const nameOf = (item: TemplateItem, { tenantId, accountId }: RoutedAccount): unknown[] => [
  tenantId,
  accountId,
  item.templateId,
  item.name,
  item.language,
];

/** Stores what WhatsApp reports of a template. @returns false when we do not have it */
export async function changeTemplate(
  sql: SqlRunner,
  item: TemplateItem,
  account: RoutedAccount,
  change: { status?: string; quality?: string; category?: string },
): Promise<boolean> {
  const rows = await sql.query(
    'webhook-template-change',
    `UPDATE templates
        SET status = coalesce($6, status), quality_score = coalesce($7, quality_score), category = coalesce($8, category),
            updated_at = now()
      WHERE ${NAMED}
     RETURNING id`,
    [...nameOf(item, account), change.status ?? null, change.quality ?? null, change.category ?? null],
  );
  return rows.length > 0;
}

/** Stores what an edited template says now: sends are checked against that at once. @returns false when we do not have it */
export async function editTemplate(
  sql: SqlRunner,
  item: TemplateComponentsItem,
  account: RoutedAccount,
): Promise<boolean> {
  const rows = await sql.query<{ id: number; components: unknown }>(
    'webhook-template-read',
    `SELECT id, components FROM templates WHERE ${NAMED} FOR UPDATE`,
    nameOf(item, account),
  );
  for (const { id, components } of rows) {
    await sql.query(
      'webhook-template-edit',
      `UPDATE templates SET components = $3::jsonb, components_updated_at = now(), updated_at = now()
        WHERE tenant_id = $1 AND id = $2`,
      [account.tenantId, id, JSON.stringify(editedComponents(components, item.parts))],
    );
  }
  return rows.length > 0;
}
