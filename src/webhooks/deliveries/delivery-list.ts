import { EQUALITY, type ListSpec, RANGE } from '../../platform/pagination/list-spec.js';
import { EVENT_TYPES, TEST_EVENT } from '../events/event-types.js';
import { DELIVERY_STATUSES } from './dto/delivery.dto.js';

/** `GET /webhooks/{id}/deliveries`, the newest first: index webhook_deliveries_webhook. */
export const DELIVERY_LIST: ListSpec = {
  name: 'webhooks/deliveries',
  source: {
    from: 'webhook_deliveries d',
    join: { alias: 'e', sql: 'JOIN events e ON e.created_at = d.event_created_at AND e.id = d.event_id' },
    tenant: 'd.tenant_id',
    id: 'd.id',
    sortable: { created_at: { type: 'timestamp', sql: 'd.created_at' } },
  },
  defaultSort: '-created_at',
  filterable: {
    status: {
      type: 'text',
      sql: 'd.status',
      operators: EQUALITY,
      values: DELIVERY_STATUSES,
      description: 'What became of it.',
      example: 'dead',
    },
    type: {
      type: 'text',
      sql: 'e.type',
      operators: EQUALITY,
      values: [...EVENT_TYPES, TEST_EVENT],
      description: 'Of the event.',
      example: 'contact.created',
    },
    created_at: {
      type: 'timestamp',
      sql: 'd.created_at',
      operators: RANGE,
      description:
        'When it was created, such as `filter[created_at][gte]=2026-01-01T08:00:00Z`. A date means its whole day (UTC), a time its whole second.',
      example: '2026-01-01',
    },
  },
  fields: [
    'id',
    'webhook_id',
    'event_id',
    'type',
    'replay_of',
    'status',
    'attempts',
    'next_attempt_at',
    'first_attempt_at',
    'last_attempt_at',
    'delivered_at',
    'error',
    'request',
    'response',
    'attempt_log',
    'created_at',
  ],
  includes: [],
};
