import type { EndpointDescription, PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { TemplateDto } from './dto/template.dto.js';
import { TEMPLATE_LIST } from './list/template-list.js';

const TAG = 'Templates';

/** `{id}` of a template. */
export const TEMPLATE_ID: PathParameter = {
  name: 'id',
  description: "WhatsApp's id of the template: `template_id`, not `id`.",
  schema: { type: 'string' },
  example: '1387372356726668',
};

/** The page "List templates". */
export const LIST_TEMPLATES: ListEndpointDescription = {
  tag: TAG,
  summary: 'List templates',
  description:
    'The templates of your WhatsApp accounts, by name. How to page, sort, search and filter stands on the page "Lists".',
  spec: TEMPLATE_LIST,
  item: TemplateDto,
  message: 'Templates retrieved successfully',
};

/** The page "Get template". */
export const GET_TEMPLATE: EndpointDescription = { tag: TAG, summary: 'Get template', description: 'One template.' };

/** The page "Sync templates". */
export const SYNC_TEMPLATES: EndpointDescription = {
  tag: TAG,
  summary: 'Sync templates',
  description:
    'Reads all templates of your WhatsApp accounts from WhatsApp. Call it after you made or changed templates in WhatsApp Manager. Changes of status, quality and category need no sync: WhatsApp reports them, and they are applied within seconds.\n\nAll of an account is read before anything is stored, so a sync that fails changes nothing of that account. What WhatsApp has no more is marked `DELETED` and kept.\n\nWhatsApp allows few calls of this kind. Each hundred templates of an account are one call, and an account has 100 calls in an hour; beyond that, and when WhatsApp itself says that it is enough, the answer is 429 with `Retry-After`.',
};
