import { EQUALITY, type ListSpec, type Operator, RANGE, TEXTUAL } from '../../platform/pagination/list-spec.js';
import { DISABLED_REASONS } from './dto/webhook.dto.js';

const NULLABLE: readonly Operator[] = [...EQUALITY, 'null'];

/** `GET /webhooks`: index webhooks_tenant. A tenant has a few. */
export const WEBHOOK_LIST: ListSpec = {
  name: 'webhooks',
  source: {
    from: 'webhooks w',
    tenant: 'w.tenant_id',
    id: 'w.id',
    sortable: {
      url: { type: 'text', sql: 'w.url' },
      created_at: { type: 'timestamp', sql: 'w.created_at' },
      updated_at: { type: 'timestamp', sql: 'w.updated_at' },
    },
  },
  defaultSort: 'created_at',
  search: {
    description: 'Those whose URL or description holds this, whatever its case.',
    columns: ['w.url', 'w.description'],
  },
  filterable: {
    url: {
      type: 'text',
      sql: 'w.url',
      operators: TEXTUAL,
      description: 'The whole URL.',
      example: 'https://shop.example/hooks',
    },
    enabled: {
      type: 'boolean',
      sql: 'w.enabled',
      operators: ['eq'],
      description: 'Whether events are delivered to it.',
      example: 'true',
    },
    disabled_reason: {
      type: 'text',
      sql: 'w.disabled_reason',
      operators: NULLABLE,
      values: DISABLED_REASONS,
      description: 'Why we disabled it.',
      example: 'failing',
    },
    created_at: {
      type: 'timestamp',
      sql: 'w.created_at',
      operators: RANGE,
      description: 'When it was created. A date means its whole day (UTC), a time its whole second.',
      example: '2026-01-01',
    },
  },
  fields: [
    'id',
    'url',
    'events',
    'description',
    'header_names',
    'enabled',
    'disabled_reason',
    'disabled_at',
    'failing_since',
    'previous_secret_expires_at',
    'created_at',
    'updated_at',
  ],
  includes: [],
};
