import { EQUALITY, type ListSpec, TEXTUAL } from '../../platform/pagination/list-spec.js';
import { AUTHENTICATION_TEXT } from '../../templates/definition/template-definition.js';

/** What can send codes. An account has at most 6,000 templates, so they are found by tenant (templates_tenant_template). */
const SENDABLE = `(SELECT * FROM templates WHERE category = 'AUTHENTICATION' AND status = 'APPROVED')`;

/** The text as it is shown: WhatsApp may leave out that of authentication templates, which it writes itself. */
const BODY = `coalesce(jsonb_path_query_first(t.components, '$[*] ? (@.type like_regex "^body$" flag "i").text') #>> '{}', '${AUTHENTICATION_TEXT}')`;

/** `GET /auth/templates`. */
export const AUTH_TEMPLATE_LIST: ListSpec = {
  name: 'auth/templates',
  source: {
    from: `${SENDABLE} t`,
    tenant: 't.tenant_id',
    id: 't.id',
    sortable: {
      template_name: { type: 'text', sql: 't.name' },
      created_at: { type: 'timestamp', sql: 't.created_at' },
      language: { type: 'text', sql: 't.language' },
    },
  },
  defaultSort: 'template_name',
  search: {
    description: 'Templates whose name or text holds this, whatever its case.',
    columns: ['t.name', BODY],
  },
  filterable: {
    language: {
      type: 'text',
      sql: 't.language',
      operators: EQUALITY,
      normalise: (text) => text.replaceAll('-', '_'),
      description: 'Language code, as a send names it.',
      example: 'en_US',
    },
    template_name: {
      type: 'text',
      sql: 't.name',
      operators: TEXTUAL,
      description: 'Name of the template; the same name may exist in several languages.',
      example: 'verification_code',
    },
  },
  fields: [
    'id',
    'template_name',
    'language',
    'body_text',
    'body_params_count',
    'header_format',
    'header_text',
    'footer_text',
    'status',
    'created_at',
  ],
  includes: [],
};
