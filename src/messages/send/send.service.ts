import { Injectable } from '@nestjs/common';
import { countryIdOf } from '../../contacts/countries.js';
import { notFound } from '../../platform/http/api-error.js';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import { type ContactFieldsDto, MAX_ID } from '../dto/contact-fields.dto.js';
import type { SendDto } from '../dto/send.dto.js';
import type { SentDto } from '../dto/sent.dto.js';
import { readMessageReference } from '../message-reference.js';
import type { AcceptedMessage, NewContactFields, OutboundMessage } from '../outbound/outbound-message.js';
import { OutboundService, type Sent } from '../outbound/outbound.service.js';

/** Who sends, and for how long the caller waits for WhatsApp's answer. */
export interface SendContext {
  tenantId: number;
  requestId: string;
  waitMs: number;
}

/** What one kind of message adds to what every send has. */
export type SendContent = Pick<
  OutboundMessage,
  | 'type'
  | 'text'
  | 'textField'
  | 'textLimit'
  | 'textRequired'
  | 'textVerbatim'
  | 'refersTo'
  | 'media'
  | 'content'
  | 'render'
> & {
  /** 5 unless given: ordinary. */
  priority?: number;
};

/** A stored message, and the wait for what WhatsApp says to it. */
export interface Accepted {
  accepted: AcceptedMessage;
  /** @throws ApiError 500 MESSAGE_SEND_FAILED when WhatsApp refused the message */
  outcome: () => Promise<Sent>;
}

/** What every kind of send has in common: from the checked fields to the stored message, and on to the answer. */
@Injectable()
export class SendService {
  constructor(private readonly outbound: OutboundService) {}

  /**
   * Stores the message with its contact and chat; from here on it is never lost.
   * @throws ApiError 422, 404 or 403 when it may not be sent: nothing is stored then
   */
  async accept(dto: SendDto, content: SendContent, context: SendContext): Promise<Accepted> {
    requirePossibleContact(dto);
    const reference = dto.reply_to === undefined ? undefined : readMessageReference(dto.reply_to);
    return this.outbound.accept(
      {
        priority: 5,
        refersTo: reference && { message: reference, field: 'reply_to' },
        ...content,
        tenantId: context.tenantId,
        requestId: context.requestId,
        from: dto.from,
        phone: dto.phone,
        contactId: dto.contact_id,
        newContact: dto.contact && newContactOf(dto.contact),
      },
      context.waitMs,
    );
  }

  /**
   * The same, and waits for WhatsApp's answer. `text` is the message's text after merging.
   * @throws ApiError as `accept`, and 500 MESSAGE_SEND_FAILED when WhatsApp refused the message
   */
  async send(
    dto: SendDto,
    content: SendContent,
    context: SendContext,
  ): Promise<{ sent: SentDto; text: string | null }> {
    const { accepted, outcome } = await this.accept(dto, content, context);
    return { sent: sentFields(accepted, await outcome()), text: accepted.text };
  }
}

/**
 * An id that no contact can have is told apart before anything is read or stored for the message.
 * @throws ApiError 404
 */
export function requirePossibleContact(dto: SendDto): void {
  if (dto.contact_id !== undefined && dto.contact_id > MAX_ID)
    throw notFound('There is no contact with this contact_id.');
}

/** The part of the answer that every send has. */
export function sentFields(accepted: AcceptedMessage, { wamid, status, sentAt }: Sent): SentDto {
  return {
    message_id: wamid,
    contact_id: accepted.contactId,
    phone: accepted.phone,
    status,
    sent_at: status === 'sent' && sentAt ? timestamp(sentAt) : null,
    chat_id: accepted.chatId,
    chat_message_id: accepted.messageId,
    service_window_expires_at: timestampOrNull(accepted.serviceWindowExpiresAt),
  };
}

function newContactOf(contact: ContactFieldsDto): NewContactFields {
  return {
    firstname: contact.firstname,
    lastname: contact.lastname,
    email: contact.email,
    countryId: contact.country === undefined ? undefined : countryIdOf(contact.country),
    assignedId: contact.assigned_id,
    groupIds: contact.groups === undefined ? undefined : [...new Set(contact.groups.split(',').map(Number))],
  };
}
