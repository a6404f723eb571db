import { EQUALITY, type ListSource, type ListSpec, type Operator, RANGE } from '../platform/pagination/list-spec.js';

const SORTABLE: ListSource['sortable'] = {
  last_message_at: { type: 'timestamp', sql: 'h.last_message_at' },
  created_at: { type: 'timestamp', sql: 'h.created_at' },
  updated_at: { type: 'timestamp', sql: 'h.updated_at' },
  unread_count: { type: 'integer', sql: 'h.unread_count' },
};

const NULLABLE_RANGE: readonly Operator[] = [...RANGE, 'null'];

/** `GET /chats`, the last active first: index chats_tenant_activity. */
export const CHAT_LIST: ListSpec = {
  name: 'chats',
  // What a deleted contact left behind is no chat of anybody's.
  source: {
    from: '(SELECT * FROM chats WHERE contact_id IS NOT NULL) h',
    tenant: 'h.tenant_id',
    id: 'h.id',
    sortable: SORTABLE,
  },
  defaultSort: '-last_message_at',
  search: {
    description: "Chats whose contact's name, profile name or phone holds this, whatever its case.",
    source: {
      from: 'chats h JOIN contacts c ON c.id = h.contact_id',
      tenant: 'h.tenant_id',
      id: 'h.id',
      sortable: SORTABLE,
    },
    columns: ["(c.firstname || ' ' || c.lastname)", 'c.profile_name', 'c.phone'],
  },
  filterable: {
    contact_id: {
      type: 'integer',
      sql: 'h.contact_id',
      operators: EQUALITY,
      description: 'Chats with one contact.',
      example: '12',
    },
    phone_number_id: {
      type: 'text',
      sql: '(SELECT n.phone_number_id FROM phone_numbers n WHERE n.id = h.number_id)',
      operators: EQUALITY,
      description: "Chats of one of your numbers, by WhatsApp's id.",
      example: '106540352242922',
    },
    unread_count: {
      type: 'integer',
      sql: 'h.unread_count',
      operators: RANGE,
      description: 'Such as `filter[unread_count][gt]=0`: what waits to be read.',
      example: '0',
    },
    last_message_at: {
      type: 'timestamp',
      sql: 'h.last_message_at',
      operators: RANGE,
      description: 'When the newest message was stored. A date means its whole day (UTC), a time its whole second.',
      example: '2026-01-01',
    },
    last_inbound_at: {
      type: 'timestamp',
      sql: 'h.last_inbound_at',
      operators: NULLABLE_RANGE,
      description: 'When the contact last wrote or called, likewise.',
      example: '2026-01-01',
    },
    service_window_expires_at: {
      type: 'timestamp',
      sql: 'h.service_window_expires_at',
      operators: NULLABLE_RANGE,
      description: 'End of the newest service window, also of one that has passed.',
      example: '2026-01-01T08:00:00+00:00',
    },
    created_at: {
      type: 'timestamp',
      sql: 'h.created_at',
      operators: RANGE,
      description: 'When the chat began, likewise.',
      example: '2026-01-01',
    },
  },
  fields: [
    'id',
    'contact_id',
    'contact',
    'number',
    'unread_count',
    'last_message',
    'last_message_at',
    'last_inbound_at',
    'service_window_expires_at',
    'created_at',
    'updated_at',
  ],
  includes: [],
};
