import { apiError, type EndpointDescription, type PathParameter } from '../../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../../platform/pagination/api-list-endpoint.js';
import { WEBHOOKS_TAG } from '../endpoints/webhooks.docs.js';
import { DELIVERY_LIST } from './delivery-list.js';
import { DeliveryDto } from './dto/delivery.dto.js';
import { MAX_REPLAYED, MAX_WAITING } from './replays.service.js';

/** `{id}` of a delivery. */
export const DELIVERY_ID: PathParameter = {
  name: 'id',
  description: 'Id of the delivery.',
  schema: { type: 'integer' },
  example: 9001,
};

/** Wrong input of a replay of a span. */
export const REPLAY_FAULTS = apiError('VALIDATION_ERROR', {
  when: `A field is wrong, or more than ${MAX_REPLAYED} events match.`,
  details: { since: ['since must be a time as ISO 8601 with its zone, such as 2026-01-31T09:30:00+02:00'] },
});

/** The page "List webhook deliveries". */
export const LIST_DELIVERIES: ListEndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'List webhook deliveries',
  description:
    'What was posted to a webhook, the newest first: the request, the answer, and each attempt. They are kept as long as the events.',
  spec: DELIVERY_LIST,
  item: DeliveryDto,
  message: 'Webhook deliveries retrieved successfully',
};

/** The page "Replay delivery". */
export const REPLAY_DELIVERY: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Replay delivery',
  description:
    'Posts an event to the same webhook once more, whatever became of it: a new delivery with the same `webhook-id` and body, to where the webhook points now. The answer is the new delivery.',
};

/** The page "Replay events". */
export const REPLAY_EVENTS: EndpointDescription = {
  tag: WEBHOOKS_TAG,
  summary: 'Replay events',
  description: `Posts all stored events of a span of time to a webhook, in their order, also those that it had: your program knows them by their \`webhook-id\`. It is what a webhook that was disabled, or is new, catches up with. At most ${MAX_REPLAYED} events in one call; while ${MAX_WAITING} deliveries wait for the webhook, the answer is 429 \`RATE_LIMIT_EXCEEDED\`. Events from before your first webhook that asked for them are not stored.`,
};
