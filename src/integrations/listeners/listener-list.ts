import { EQUALITY, type ListSpec, RANGE, TEXTUAL } from '../../platform/pagination/list-spec.js';
import { LISTENER_KINDS } from '../store-listener.js';

/** `GET /integrations/ecommerce`. A tenant has few: the index store_listeners_tenant finds them all. */
export const LISTENER_LIST: ListSpec = {
  name: 'store_listeners',
  source: {
    from: 'store_listeners r',
    tenant: 'r.tenant_id',
    id: 'r.id',
    sortable: {
      id: { type: 'integer', sql: 'r.id' },
      name: { type: 'text', sql: 'lower(r.name)' },
      created_at: { type: 'timestamp', sql: 'r.created_at' },
      updated_at: { type: 'timestamp', sql: 'r.updated_at' },
    },
  },
  defaultSort: 'id',
  search: { description: 'Those whose name holds this, whatever its case.', columns: ['r.name'] },
  filterable: {
    id: { type: 'integer', sql: 'r.id', operators: EQUALITY, description: 'Id of the listener.', example: '5' },
    kind: {
      type: 'text',
      sql: 'r.kind',
      operators: EQUALITY,
      values: LISTENER_KINDS,
      description: 'What calls its address.',
      example: 'woocommerce',
    },
    template_name: {
      type: 'text',
      sql: 'r.template_name',
      operators: TEXTUAL,
      description: 'The template that it sends.',
      example: 'order_paid',
    },
    enabled: {
      type: 'boolean',
      sql: 'r.enabled',
      operators: ['eq'],
      description: 'Whether it sends.',
      example: 'true',
    },
    created_at: {
      type: 'timestamp',
      sql: 'r.created_at',
      operators: RANGE,
      description: 'When it was created. A date means its whole day (UTC), a time its whole second.',
      example: '2026-01-01',
    },
  },
  fields: [
    'id',
    'key',
    'url',
    'kind',
    'name',
    'has_secret',
    'template_name',
    'language',
    'mapping',
    'conditions',
    'once_per',
    'default_country',
    'delay_minutes',
    'enabled',
    'created_at',
    'updated_at',
  ],
  includes: [],
};
