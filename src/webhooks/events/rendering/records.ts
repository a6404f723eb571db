import type { ContactRow } from '../../../contacts/contact.repository.js';
import { CONTACT_TYPES } from '../../../contacts/dto/contact.dto.js';
import type { NamedRow } from '../../../contacts/named-records/named-records.js';
import type { MessageRow } from '../../../messages/message.repository.js';
import type { StatusRow } from '../../../statuses/present-status.js';
import type { TemplateRow } from '../../../templates/template.repository.js';
import type { Facts } from './facts.js';

/*
 * Facts as the rows that the REST API presents; what the functions facts_of_… of the database name, and nothing else. Each
 * throws UnreadableFactsError.
 */

export const contactOf = (facts: Facts): ContactRow => ({
  id: facts.integer('id'),
  firstname: facts.text('firstname'),
  lastname: facts.text('lastname'),
  company: facts.textOrNull('company'),
  type: facts.oneOf('type', CONTACT_TYPES),
  email: facts.textOrNull('email'),
  phone: facts.textOrNull('phone'),
  status_id: facts.integerOrNull('status_id'),
  source_id: facts.integerOrNull('source_id'),
  assigned_id: facts.integerOrNull('assigned_id'),
  description: facts.textOrNull('description'),
  country_id: facts.integerOrNull('country_id'),
  zip: facts.textOrNull('zip'),
  city: facts.textOrNull('city'),
  state: facts.textOrNull('state'),
  address: facts.textOrNull('address'),
  group_id: facts.integers('group_id'),
  is_opted_out: facts.boolean('is_opted_out'),
  created_at: facts.date('created_at'),
  updated_at: facts.date('updated_at'),
});

export const namedOf = (facts: Facts): NamedRow => ({
  id: facts.integer('id'),
  name: facts.text('name'),
  created_at: facts.date('created_at'),
  updated_at: facts.date('updated_at'),
});

export const statusOf = (facts: Facts): StatusRow => ({ ...namedOf(facts), color: facts.textOrNull('color') });

export const templateOf = (facts: Facts): TemplateRow => ({
  id: facts.integer('id'),
  template_id: facts.text('template_id'),
  name: facts.text('name'),
  language: facts.text('language'),
  category: facts.text('category'),
  status: facts.text('status'),
  parameter_format: facts.text('parameter_format'),
  quality_score: facts.textOrNull('quality_score'),
  components: facts.json('components'),
  message_send_ttl_seconds: facts.integerOrNull('message_send_ttl_seconds'),
  created_at: facts.date('created_at'),
  updated_at: facts.date('updated_at'),
});

/** What an answer shows of a message that stands in other tables. */
export type MessageSurroundings = Pick<
  MessageRow,
  | 'phone_number_id'
  | 'display_phone_number'
  | 'paused'
  | 'paused_reason'
  | 'public_id'
  | 'filename'
  | 'signed'
  | 'mime_type'
  | 'size_bytes'
  | 'fetching'
  | 'failure'
  | 'ordered_filename'
  | 'service_window_expires_at'
>;

const DIRECTIONS = ['inbound', 'outbound'] as const;
const HOLDERS = ['lane', 'tier'] as const;

export const messageOf = (facts: Facts, surroundings: MessageSurroundings): MessageRow => ({
  ...surroundings,
  id: facts.integer('id'),
  chat_id: facts.integer('chat_id'),
  contact_id: facts.integerOrNull('contact_id'),
  direction: facts.oneOf('direction', DIRECTIONS),
  type: facts.text('type'),
  status: facts.text('status'),
  body: facts.textOrNull('body'),
  phone: facts.textOrNull('phone'),
  recipient_user_id: facts.textOrNull('recipient_user_id'),
  wamid: facts.textOrNull('wamid'),
  reply_to_wamid: facts.textOrNull('reply_to_wamid'),
  is_read: facts.boolean('is_read'),
  staff_id: facts.integerOrNull('staff_id'),
  sent_at: facts.dateOrNull('sent_at'),
  delivered_at: facts.dateOrNull('delivered_at'),
  read_at: facts.dateOrNull('read_at'),
  failed_at: facts.dateOrNull('failed_at'),
  created_at: facts.date('created_at'),
  send_at: facts.dateOrNull('send_at'),
  expires_at: facts.dateOrNull('expires_at'),
  error_code: facts.textOrNull('error_code'),
  error_title: facts.textOrNull('error_title'),
  error_details: facts.textOrNull('error_details'),
  held_by: facts.textOrNull('held_by') === null ? null : facts.oneOf('held_by', HOLDERS),
  received: facts.objectOrNull('received'),
});
