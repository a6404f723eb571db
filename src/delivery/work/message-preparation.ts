import { Injectable } from '@nestjs/common';
import { MediaNotStoredError } from '../../media/storage/storage-errors.js';
import { Settings } from '../../platform/config/settings.js';
import { DecryptionError, Encryption } from '../../platform/crypto/encryption.js';
import { Log } from '../../platform/logging/log.js';
import type { MessagePayload } from '../../whatsapp/client/payloads.js';
import { AccessTokens, AccountGoneError } from '../../whatsapp/connection/access-tokens.js';
import type { AttemptEnd } from '../attempts/attempt-end.js';
import { AttemptStore } from '../attempts/attempt-store.js';
import type { ClaimedMessage } from '../attempts/claimed-message.js';
import { afterRefusal, failedHere, heldByTier, notWritten, pausedHere } from '../attempts/decide-end.js';
import { CONTACT_DELETED, CONTACT_DELETED_TITLE } from '../cancel/cancel-of-contacts.js';
import { OutgoingMedia, type PreparedReference } from '../media/outgoing-media.js';
import { buildPayload } from '../payload/build-payload.js';
import { openSealed } from '../payload/open-sealed.js';
import { PayloadError, type PayloadParts } from '../payload/payload-builder.js';
import { stoppedByTemplate } from '../templates/template-stop.js';
import { MessagingPlaces, type PlaceDecision } from '../tier/messaging-places.js';
import type { Place } from '../tier/places.js';

/** What a send needs, or how the attempt ends without one. */
export type Preparation =
  | { kind: 'ready'; accessToken: string; payload: MessagePayload; place: Place | null }
  | { kind: 'ended'; end: AttemptEnd };

/**
 * Everything between claim and slot: the access token opened, the file handed over, a place under the messaging limit
 * taken, the payload built.
 */
@Injectable()
export class MessagePreparation {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly media: OutgoingMedia,
    private readonly store: AttemptStore,
    private readonly places: MessagingPlaces,
    private readonly encryption: Encryption,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  /** Never rejects: whatever is missing is an end of the attempt. */
  async prepare(message: ClaimedMessage): Promise<Preparation> {
    if (message.phone === null && message.recipientUserId === null) {
      return { kind: 'ended', end: failedHere(CONTACT_DELETED, CONTACT_DELETED_TITLE, null) };
    }
    if (message.type === 'template' && message.templateStatus !== 'APPROVED') {
      return { kind: 'ended', end: stoppedByTemplate(message.templateStatus) };
    }
    try {
      const accessToken = await this.tokens.tokenFor({
        tenantId: message.tenantId,
        accountId: message.number.accountId,
        updatedAt: message.number.accountUpdatedAt,
      });
      const file = await this.prepareFile(message, accessToken);
      if (file && 'end' in file) return { kind: 'ended', end: file.end };
      // After the file: handing it over may take minutes, and WhatsApp counts from the send.
      const decision = await this.takePlace(message);
      if (decision.kind === 'full') return { kind: 'ended', end: heldByTier(decision.waitMs) };
      return { kind: 'ready', accessToken, ...(await this.build(message, file, decision.place)) };
    } catch (error) {
      this.log.error({ err: error, message_id: message.id, tenant_id: message.tenantId }, 'a message is not ready');
      return { kind: 'ended', end: endOf(error, message) };
    }
  }

  /** Only templates outside the service window count against the messaging limit. */
  private takePlace(message: ClaimedMessage): Promise<PlaceDecision> {
    const { type, inServiceWindow, phone, recipientUserId, number } = message;
    const recipient = phone ?? recipientUserId;
    if (type !== 'template' || inServiceWindow || recipient === null) {
      return Promise.resolve({ kind: 'granted', place: null });
    }
    return this.places.take({ portfolio: number.portfolio, tier: number.messagingLimitTier, recipient });
  }

  private async build(
    message: ClaimedMessage,
    file: PayloadParts['media'],
    place: Place | null,
  ): Promise<{ payload: MessagePayload; place: Place | null }> {
    try {
      return { payload: buildPayload(openSealed(message, this.encryption), file), place };
    } catch (error) {
      if (place) await this.places.giveBack(place);
      throw error;
    }
  }

  private async prepareFile(
    message: ClaimedMessage,
    accessToken: string,
  ): Promise<PayloadParts['media'] | { end: AttemptEnd }> {
    const { media } = message;
    if (!media) return null;
    const prepared = this.media.isSlow(media)
      ? await this.whileClaimed(message, this.media.prepare(message, media, accessToken))
      : await this.media.prepare(message, media, accessToken);
    switch (prepared.kind) {
      case 'ready':
        return { file: media, reference: prepared.reference };
      case 'refused':
        return { end: afterRefusal(prepared, message, Math.random()) };
      case 'not_written':
      case 'unknown':
        // An upload is no message: handing the file over a second time is harmless.
        return { end: notWritten(`media upload: ${prepared.reason}`, message, Math.random()) };
    }
  }

  /** An upload of 100 MB takes longer than the lease of a claim. */
  private async whileClaimed(message: ClaimedMessage, upload: Promise<PreparedReference>): Promise<PreparedReference> {
    const timer = setInterval(
      () => {
        this.store.extendClaim(message).catch((error: Error) => {
          this.log.warn({ err: error, message_id: message.id }, 'a claim could not be extended');
        });
      },
      (this.settings.CLAIM_LEASE_S * 1000) / 3,
    );
    try {
      return await upload;
    } finally {
      clearInterval(timer);
    }
  }
}

function endOf(error: unknown, message: ClaimedMessage): AttemptEnd {
  if (error instanceof DecryptionError || error instanceof AccountGoneError) return pausedHere(error.message);
  if (error instanceof MediaNotStoredError) return failedHere('MEDIA_NOT_FOUND', 'The media file is gone', null);
  if (error instanceof PayloadError) return failedHere('INTERNAL_ERROR', 'The message cannot be built', null);
  // A database or a media store that is away comes back.
  return notWritten(error instanceof Error ? error.message : String(error), message, Math.random());
}
