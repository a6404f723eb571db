import { Injectable } from '@nestjs/common';
import { countryIdOf } from '../contacts/countries.js';
import { MediaIntake } from '../media/media-intake.js';
import { MediaLinks } from '../media/media-links.js';
import { isMediaType } from '../media/media-types.js';
import type { PreparedMedia } from '../media/prepared-media.js';
import type { MediaForm } from '../media/upload/uploaded-file.js';
import { isServerError } from '../platform/database/database-errors.js';
import { ApiError, type FieldErrors, notFound, validationError } from '../platform/http/api-error.js';
import { timestamp, timestampOrNull } from '../platform/http/timestamp.js';
import { checkDto } from '../platform/http/validation/validate-dto.js';
import { Log } from '../platform/logging/log.js';
import { type ContactFieldsDto, MAX_ID } from './dto/contact-fields.dto.js';
import { MAX_CAPTION, SendMediaDto } from './dto/send-media.dto.js';
import type { SentMediaDto } from './dto/sent-media.dto.js';
import type { NewContactFields, OutboundMessage } from './outbound/outbound-message.js';
import { OutboundService, type Sent } from './outbound/outbound.service.js';

/** Who sends, and for how long the caller waits for WhatsApp's answer. */
export interface SendContext {
  tenantId: number;
  requestId: string;
  waitMs: number;
}

/** Sends an image, video, audio or document: checks it, stores file and message, and waits for WhatsApp's answer. */
@Injectable()
export class SendMediaService {
  constructor(
    private readonly intake: MediaIntake,
    private readonly links: MediaLinks,
    private readonly outbound: OutboundService,
    private readonly log: Log,
  ) {}

  /**
   * @throws ApiError 422 naming every wrong field, 404, 403 or 422 when the message may not be sent (nothing is kept
   * then), 500 MESSAGE_SEND_FAILED when WhatsApp refused it
   */
  async send(form: MediaForm, context: SendContext): Promise<SentMediaDto> {
    const dto = await this.check(form);
    const prepared = await this.prepare(context.tenantId, dto, form);
    const publicId = this.links.newPublicId();
    const { accepted, outcome } = await this.accept(dto, { ...prepared, publicId }, context);
    const sent = await outcome();
    return {
      message_id: sent.wamid,
      contact_id: accepted.contactId,
      phone: accepted.phone,
      media_type: dto.media_type,
      media_url: this.links.url(publicId, prepared.filename),
      caption: accepted.text,
      filename: dto.media_type === 'document' || dto.filename !== undefined ? prepared.filename : null,
      status: sent.status,
      sent_at: sentAt(sent),
      chat_id: accepted.chatId,
      chat_message_id: accepted.messageId,
      service_window_expires_at: timestampOrNull(accepted.serviceWindowExpiresAt),
    };
  }

  /** The form's fields and its file, with every fault of both named at once. */
  private async check(form: MediaForm): Promise<SendMediaDto> {
    const { instance: dto, faults } = await checkDto(SendMediaDto, form.fields);
    merge(faults, form.faults);
    if (dto.media_type === 'audio' && dto.caption !== undefined) {
      merge(faults, { caption: ['The caption field must not be given for audio.'] });
    }
    const url = dto.media_url !== undefined;
    if (form.file && url) {
      merge(faults, { media_url: ['Give either media_file or media_url, not both.'] });
    } else if (!form.file && !url && !faults.media_file && !faults.media_url) {
      merge(faults, { media_file: ['A media_file or a media_url is required.'] });
    }
    if (form.file && isMediaType(dto.media_type)) {
      merge(faults, await this.intake.faultsOf(dto.media_type, form.file));
    }
    if (Object.keys(faults).length > 0) throw validationError(faults);
    if (dto.contact_id !== undefined && dto.contact_id > MAX_ID) {
      throw notFound('There is no contact with this contact_id.');
    }
    return dto;
  }

  private prepare(tenantId: number, dto: SendMediaDto, form: MediaForm): Promise<PreparedMedia> {
    if (form.file) return this.intake.fromUpload(tenantId, dto.media_type, form.file, dto.filename);
    return this.intake.fromUrl(tenantId, dto.media_type, dto.media_url ?? '', dto.filename);
  }

  private async accept(dto: SendMediaDto, media: PreparedMedia & { publicId: string }, context: SendContext) {
    const message: OutboundMessage = {
      tenantId: context.tenantId,
      requestId: context.requestId,
      type: dto.media_type,
      from: dto.from,
      phone: dto.phone,
      contactId: dto.contact_id,
      newContact: dto.contact && newContactOf(dto.contact),
      text: dto.caption ?? null,
      textField: 'caption',
      textLimit: MAX_CAPTION,
      media,
      content: {},
      priority: 5,
    };
    try {
      const result = await this.outbound.accept(message, context.waitMs);
      await this.settle(media, result.accepted.mediaStorageKey);
      return result;
    } catch (error) {
      // Only when nothing was stored for certain; after a lost connection the collector finds out.
      if (error instanceof ApiError || isServerError(error)) await this.settle(media, null);
      throw error;
    }
  }

  /** The message is decided by now: a file that cannot be removed is the collector's, not the caller's. */
  private async settle(media: PreparedMedia, keptStorageKey: string | null): Promise<void> {
    try {
      await this.intake.settle(media, keptStorageKey);
    } catch (error) {
      this.log.warn({ err: error, tenant_id: media.tenantId }, 'a surplus media file could not be removed');
    }
  }
}

function sentAt({ sentAt: at, status }: Sent): string | null {
  return status === 'sent' && at ? timestamp(at) : null;
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

function merge(into: FieldErrors, more: FieldErrors): void {
  for (const [field, messages] of Object.entries(more)) {
    into[field] = [...(Object.hasOwn(into, field) ? (into[field] ?? []) : []), ...messages];
  }
}
