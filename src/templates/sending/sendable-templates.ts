import { Injectable } from '@nestjs/common';
import { Postgres } from '../../platform/database/postgres.js';
import { featureNotAvailable, type FieldErrors, whatsappNotConfigured } from '../../platform/http/api-error.js';
import { readDefinition, type TemplateDefinition } from '../definition/template-definition.js';

/** Which template a send names, and from which number it goes. */
export interface TemplateRequest {
  readonly tenantId: number;
  /** WhatsApp phone number id; undefined: the tenant's default number. */
  readonly from: string | undefined;
  readonly name: string;
  readonly language: string;
}

/** A template that may be sent now. */
export interface SendableTemplate {
  /** templates.id */
  readonly id: number;
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly definition: TemplateDefinition;
}

/** The template, or what is wrong with the fields that name it. */
export type TemplateFound =
  | { readonly template: SendableTemplate; readonly faults?: undefined; readonly requireFeature: () => void }
  | { readonly faults: FieldErrors; readonly template?: undefined };

interface FoundRow {
  number_id: number | null;
  allowed: boolean;
  languages: string[] | null;
  id: number | null;
  name: string;
  language: string;
  category: string;
  status: string;
  parameter_format: string;
  components: unknown;
}

/*
 * Templates belong to a WhatsApp account, so the sending number decides: indexes phone_numbers_one_default and
 * phone_numbers_phone_number_id_key, then templates_account_id_name_language_key. WhatsApp writes languages with `_`,
 * many others with `-`.
 */
const FIND = `
SELECT n.id AS number_id, p.plan_id IS NULL OR coalesce((p.features ->> 'whatsapp_templates')::boolean, false) AS allowed,
       (SELECT array_agg(o.language ORDER BY o.language) FROM templates o
         WHERE o.tenant_id = t.id AND o.account_id = n.account_id AND o.name = $3 AND o.status <> 'DELETED') AS languages,
       x.id, x.name, x.language, x.category, x.status, x.parameter_format, x.components
FROM tenants t
LEFT JOIN tenant_plans p ON p.tenant_id = t.id
LEFT JOIN LATERAL (
  (SELECT id, account_id FROM phone_numbers WHERE $2::text IS NULL AND tenant_id = t.id AND is_default LIMIT 1)
  UNION ALL
  (SELECT id, account_id FROM phone_numbers WHERE phone_number_id = $2 AND tenant_id = t.id LIMIT 1)
) n ON true
LEFT JOIN templates x ON x.tenant_id = t.id AND x.account_id = n.account_id AND x.name = $3
                     AND x.language = replace($4, '-', '_')
WHERE t.id = $1`;

/** Finds the templates that sends name. */
@Injectable()
export class SendableTemplates {
  constructor(private readonly postgres: Postgres) {}

  /**
   * One look-up for all that decides whether this template may be sent. `requireFeature` throws 403
   * FEATURE_NOT_AVAILABLE when the tenant's plan has no templates: to be called when nothing is wrong with the input.
   * @throws ApiError 422 WHATSAPP_NOT_CONFIGURED when the tenant has no number to send from
   */
  async find({ tenantId, from, name, language }: TemplateRequest): Promise<TemplateFound> {
    const [row] = await this.postgres.query<FoundRow>('sendable-template', FIND, [
      tenantId,
      from ?? null,
      name,
      language,
    ]);
    if (!row) throw new Error('A template was looked up for a tenant that is not there');
    if (row.number_id === null) {
      if (from === undefined) throw whatsappNotConfigured('No WhatsApp number is connected to this account.');
      return { faults: { from: ['The from field must be a phone number id of one of your WhatsApp numbers.'] } };
    }
    return row.id === null ? { faults: notThere(row) } : foundOf(row, row.id);
  }
}

function notThere({ languages }: FoundRow): FieldErrors {
  if (languages === null) {
    return {
      template_name: ['There is no template with this name. Sync templates after you made it in WhatsApp Manager.'],
    };
  }
  return { language: [`The template does not exist in this language, but in ${languages.join(', ')}.`] };
}

function foundOf(row: FoundRow, id: number): TemplateFound {
  const { name, language, category, status, allowed } = row;
  if (status !== 'APPROVED') {
    return { faults: { template_name: [`The template is ${status}; only APPROVED templates can be sent.`] } };
  }
  const definition = readDefinition({
    category,
    parameterFormat: row.parameter_format,
    components: row.components,
  });
  return {
    template: { id, name, language, category, definition },
    requireFeature: () => {
      if (!allowed) throw featureNotAvailable('whatsapp_templates');
    },
  };
}
