import { EQUALITY, type ListSource, type ListSpec, RANGE } from '../../platform/pagination/list-spec.js';

const STATUSES = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
  'cancelled',
  'expired',
  'received',
] as const;

/** Newest first: index messages_tenant_created, and messages_chat_created within a chat. */
const MESSAGES: ListSource = {
  from: 'messages m',
  tenant: 'm.tenant_id',
  id: 'm.id',
  sortable: {
    created_at: { type: 'timestamp', sql: 'm.created_at' },
    updated_at: { type: 'timestamp', sql: 'm.updated_at' },
  },
};

/**
 * Texts stand in a table of their own (see the migration): rare words are found by message_texts_search, frequent
 * ones newest first by message_texts_created, and the planner knows which is which.
 */
const TEXTS: ListSource = {
  from: 'message_texts t',
  join: { alias: 'm', sql: 'JOIN messages m ON m.id = t.message_id' },
  tenant: 't.tenant_id',
  id: 't.message_id',
  sortable: {
    created_at: { type: 'timestamp', sql: 't.created_at' },
    updated_at: { type: 'timestamp', sql: 'm.updated_at' },
  },
};

const chatFilter = (description: string) =>
  ({ type: 'integer', sql: 'm.chat_id', operators: EQUALITY, description, example: '7' }) as const;

/** `GET /messages`. */
export const MESSAGE_LIST: ListSpec = {
  name: 'messages',
  source: MESSAGES,
  defaultSort: '-created_at',
  search: {
    description: 'Messages whose text or caption holds this, whatever its case. Three letters or more are fast.',
    source: TEXTS,
    columns: ['t.body'],
    indexed: true,
  },
  filterable: {
    type: {
      type: 'text',
      sql: 'm.type',
      operators: EQUALITY,
      description: 'Such as `text`, `template`, `image`, `video`, `document`, `audio`, `interactive`.',
      example: 'image',
    },
    status: {
      type: 'text',
      sql: 'm.status',
      operators: EQUALITY,
      values: STATUSES,
      description: 'Present status.',
      example: 'delivered',
    },
    interaction_id: chatFilter('One conversation.'),
    chat_id: chatFilter('The same as `interaction_id`.'),
    direction: {
      type: 'text',
      sql: 'm.direction',
      operators: EQUALITY,
      values: ['inbound', 'outbound'],
      description: 'Received or sent.',
      example: 'outbound',
    },
    contact_id: {
      type: 'integer',
      sql: 'm.contact_id',
      operators: EQUALITY,
      description: 'Messages to and from one contact.',
      example: '12',
    },
    phone: {
      type: 'text',
      sql: 'm.phone',
      operators: EQUALITY,
      normalise: (text) => text.replace(/\D/g, '').replace(/^00/, ''),
      description: 'Phone of the contact, as written in a send or digits only.',
      example: '201000000000',
    },
    created_at: {
      type: 'timestamp',
      sql: 'm.created_at',
      operators: RANGE,
      description: 'When it was stored. A date means its whole day (UTC), a time its whole second.',
      example: '2026-01-01',
    },
    updated_at: {
      type: 'timestamp',
      sql: 'm.updated_at',
      operators: RANGE,
      description: 'When it last changed, likewise.',
      example: '2026-01-01T08:00:00+00:00',
    },
  },
  fields: [
    'id',
    'interaction_id',
    'sender_id',
    'type',
    'message',
    'status',
    'message_id',
    'sent_at',
    'is_read',
    'status_message',
    'ref_message_id',
    'url',
    'staff_id',
    'direction',
    'chat_id',
    'contact_id',
    'phone',
    'delivered_at',
    'read_at',
    'failed_at',
    'send_at',
    'expires_at',
    'error',
    'hold_reason',
    'user_id',
    'media',
    'content',
    'service_window_expires_at',
  ],
  includes: [],
};
