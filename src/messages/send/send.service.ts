import { Injectable } from '@nestjs/common';
import { countryIdOf } from '../../contacts/countries.js';
import type { StorePayloadClaim } from '../../integrations/store/settle-payloads.js';
import { notFound } from '../../platform/http/api-error.js';
import type { Reply } from '../../platform/http/reply.js';
import { timestamp, timestampOrNull } from '../../platform/http/timestamp.js';
import type { IdempotencyClaim } from '../../platform/idempotency/idempotency-claim.js';
import { keptReply } from '../../platform/idempotency/kept-answer.js';
import { type ContactFieldsDto, MAX_ID } from '../dto/contact-fields.dto.js';
import type { SendDto } from '../dto/send.dto.js';
import { parseMoment } from '../../platform/http/validation/moment.js';
import type { SentDto } from '../dto/sent.dto.js';
import { readMessageReference } from '../message-reference.js';
import type { AcceptedMessage, NewContactFields, OutboundMessage } from '../outbound/outbound-message.js';
import { OutboundService, type Sent } from '../outbound/outbound.service.js';

/** Who sends, and for how long the caller waits for WhatsApp's answer. */
export interface SendContext {
  tenantId: number;
  /** Absent: no token's call, but what a store delivered. */
  tokenId?: number;
  requestId: string;
  waitMs: number;
  /** Of a call with an `Idempotency-Key`: it is stored with the message, and with the answer of that moment. */
  key: { claim: IdempotencyClaim; replyOf: (data: SentDto) => Reply<SentDto> } | null;
  /** What a store delivered, and this send comes of: it is settled together with the message. */
  storePayload?: StorePayloadClaim;
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
  | 'oneTimeCode'
> & {
  /** 5 unless given: ordinary. */
  priority?: number;
};

/** Adds what one kind of message answers to what all answer. */
export type Present<T extends SentDto> = (
  sent: SentDto,
  accepted: Pick<AcceptedMessage, 'text' | 'codeExpiresAt'>,
) => T;

/** A stored message, and its answer. */
export interface Accepted<T extends SentDto> {
  accepted: AcceptedMessage;
  /** Waits for WhatsApp's. @throws ApiError 500 MESSAGE_SEND_FAILED when WhatsApp refused the message */
  answer: () => Promise<T>;
}

const QUEUED: Sent = { status: 'queued', wamid: null, sentAt: null };

/** What every kind of send has in common: from the checked fields to the stored message, and on to the answer. */
@Injectable()
export class SendService {
  constructor(private readonly outbound: OutboundService) {}

  /**
   * Stores the message with its contact and chat; from here on it is never lost.
   * @throws ApiError 422, 404 or 403 when it may not be sent: nothing is stored then
   */
  async accept<T extends SentDto>(
    dto: SendDto,
    content: SendContent,
    context: SendContext,
    present: Present<T>,
  ): Promise<Accepted<T>> {
    const { waitMs, key, storePayload } = context;
    const answerOf = (accepted: AcceptedMessage, sent: Sent): T => present(sentFields(accepted, sent), accepted);
    const { accepted, outcome } = await this.outbound.accept(
      {
        ...outboundOf(dto, content, context),
        storePayload,
        idempotency: key
          ? { claim: key.claim, answerOf: (stored) => keptReply(key.replyOf(answerOf(stored, QUEUED))) }
          : undefined,
      },
      waitMs,
    );
    return { accepted, answer: async () => answerOf(accepted, await outcome()) };
  }

  /**
   * Finds out what {@link accept} would do now, and stores nothing.
   * @throws ApiError as `accept`
   */
  rehearse(dto: SendDto, content: SendContent, context: SendContext): Promise<AcceptedMessage> {
    return this.outbound.rehearse(outboundOf(dto, content, context));
  }

  /**
   * The same, and waits for WhatsApp's answer.
   * @throws ApiError as `accept`, and 500 MESSAGE_SEND_FAILED when WhatsApp refused the message
   */
  async send<T extends SentDto>(
    dto: SendDto,
    content: SendContent,
    context: SendContext,
    present: Present<T>,
  ): Promise<T> {
    return (await this.accept(dto, content, context, present)).answer();
  }
}

/** The message, without what belongs to one call. @throws ApiError 404 for a contact_id that no contact can have */
function outboundOf(
  dto: SendDto,
  content: SendContent,
  { tenantId, tokenId, requestId }: SendContext,
): OutboundMessage {
  requirePossibleContact(dto);
  const reference = dto.reply_to === undefined ? undefined : readMessageReference(dto.reply_to);
  return {
    priority: 5,
    refersTo: reference && { message: reference, field: 'reply_to' },
    ...content,
    tenantId,
    tokenId,
    requestId,
    from: dto.from,
    phone: dto.phone,
    contactId: dto.contact_id,
    newContact: dto.contact && newContactOf(dto.contact),
    sendAt: dto.send_at === undefined ? undefined : parseMoment(dto.send_at),
    expiresInS: dto.expires_in,
  };
}

/**
 * An id that no contact can have is told apart before anything is read or stored for the message.
 * @throws ApiError 404
 */
export function requirePossibleContact(dto: Pick<SendDto, 'contact_id'>): void {
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
