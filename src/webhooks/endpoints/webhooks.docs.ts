import { apiError, type EndpointDescription, type PathParameter } from '../../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../../platform/pagination/api-list-endpoint.js';
import { WebhookDto } from './dto/webhook.dto.js';
import { WEBHOOK_LIST } from './webhook-list.js';
import { MAX_WEBHOOKS } from './webhooks.service.js';

export const WEBHOOKS_TAG = 'Webhooks';

/** `{id}` of an endpoint. */
export const WEBHOOK_ID: PathParameter = {
  name: 'id',
  description: 'Id of the webhook.',
  schema: { type: 'integer' },
  example: 7,
};

/** Wrong input of create and update. */
export const WEBHOOK_FAULTS = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, or the URL names an address that is not public.',
  details: { url: ['url must have a host whose addresses are public'] },
});

/** No place for one more. */
export const TOO_MANY_WEBHOOKS = apiError('FEATURE_LIMIT_EXCEEDED', {
  when: `You have ${MAX_WEBHOOKS} webhooks already.`,
  message: `The plan's limit of ${MAX_WEBHOOKS} webhooks is reached`,
  details: { feature: 'webhooks', current: MAX_WEBHOOKS, maximum: MAX_WEBHOOKS },
});

/** The page "List webhooks". */
export const LIST_WEBHOOKS: ListEndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'List webhooks',
  description: 'Your webhooks, the oldest first. Their secrets are not shown.',
  spec: WEBHOOK_LIST,
  item: WebhookDto,
  message: 'Webhooks retrieved successfully',
};

/** The page "Get webhook". */
export const GET_WEBHOOK: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Get webhook',
  description: 'One webhook, without its secret.',
};

/** The page "Create webhook". */
export const CREATE_WEBHOOK: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Create webhook',
  description: `A new webhook: an address of yours that events are posted to from now on. You may have ${MAX_WEBHOOKS}. The answer alone shows \`secret\`.`,
};

/** The page "Update webhook". */
export const UPDATE_WEBHOOK: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Update webhook',
  description:
    'Changes the fields that are given, also for deliveries that wait. While a webhook is disabled, what waits for it stays; events of that time are not kept for it, but can be replayed. What has waited for 3 days when it is enabled again is dead. Your other webhooks are told (`webhook.disabled`, `webhook.enabled`).',
};

/** The page "Delete webhook". */
export const DELETE_WEBHOOK: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Delete webhook',
  description: 'Deletes a webhook and forgets what waits for it.',
};

/** The page "Rotate webhook secret". */
export const ROTATE_SECRET: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Rotate webhook secret',
  description:
    'Makes a new secret; the answer alone shows it. For 24 hours deliveries carry two signatures, the second one by the secret before, so that your program can be changed meanwhile. Rotating again within that time ends the first secret.',
};

/** The page "Test webhook". */
export const TEST_WEBHOOK: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Test webhook',
  description:
    'Posts an event `webhook.test` to this webhook, also to a disabled one, and answers what came of it. It is tried once, and stands among the deliveries.',
};
