import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { MediaLinks } from '../../media/media-links.js';
import { MediaStore } from '../../media/storage/media-store.js';
import { Settings } from '../../platform/config/settings.js';
import { Postgres } from '../../platform/database/postgres.js';
import { CloudApiClient } from '../../whatsapp/client/cloud-api-client.js';
import type { MediaReference } from '../../whatsapp/client/payloads.js';
import type { UploadResult } from '../../whatsapp/client/send-result.js';
import type { ClaimedMedia, ClaimedMessage } from '../attempts/claimed-message.js';

/** The file as the payload names it, or why WhatsApp has not taken it. */
export type PreparedReference =
  { kind: 'ready'; reference: MediaReference } | Exclude<UploadResult, { kind: 'uploaded' }>;

/** Bridges the time between an upload and the first claim that reads its row. */
const RECENT_MS = 60_000;
const MAX_RECENT = 1000;

/**
 * How a message's file reaches WhatsApp, by MEDIA_DELIVERY: `link` gives our public address; `upload` hands the file
 * over once per number and file, and uses its id for 29 days (WhatsApp keeps it for 30).
 */
@Injectable()
export class OutgoingMedia {
  private readonly uploads = new Map<string, Promise<UploadResult>>();
  private readonly recent = new LRUCache<string, string>({ max: MAX_RECENT, ttl: RECENT_MS });

  constructor(
    private readonly settings: Settings,
    private readonly links: MediaLinks,
    private readonly store: MediaStore,
    private readonly client: CloudApiClient,
    private readonly postgres: Postgres,
  ) {}

  /** Whether `prepare` may take long, because the file has to be handed over first. */
  isSlow(media: ClaimedMedia): boolean {
    return this.settings.MEDIA_DELIVERY === 'upload' && media.uploadedId === null;
  }

  /** @throws MediaNotStoredError when the file is gone, StoreUnavailableError when it cannot be read now */
  async prepare(message: ClaimedMessage, media: ClaimedMedia, accessToken: string): Promise<PreparedReference> {
    if (this.settings.MEDIA_DELIVERY === 'link') {
      return { kind: 'ready', reference: { link: this.links.url(media.publicId, media.filename) } };
    }
    const key = `${message.number.id} ${media.fileId}`;
    const known = media.uploadedId ?? this.recent.get(key);
    if (known !== undefined) return { kind: 'ready', reference: { id: known } };
    const uploaded = await this.uploadOnce(key, message, media, accessToken);
    return uploaded.kind === 'uploaded' ? { kind: 'ready', reference: { id: uploaded.mediaId } } : uploaded;
  }

  /** WhatsApp does not know the upload any more: the next message hands the file over again. */
  async forget(message: ClaimedMessage, media: ClaimedMedia): Promise<void> {
    this.recent.delete(`${message.number.id} ${media.fileId}`);
    await this.postgres.query(
      'delivery_forget_upload',
      'DELETE FROM whatsapp_media_ids WHERE number_id = $1 AND media_file_id = $2',
      [message.number.id, media.fileId],
    );
  }

  /** Many messages with the same file (a campaign) wait for one upload. */
  private uploadOnce(
    key: string,
    message: ClaimedMessage,
    media: ClaimedMedia,
    accessToken: string,
  ): Promise<UploadResult> {
    const running = this.uploads.get(key);
    if (running) return running;
    const upload = this.upload(key, message, media, accessToken).finally(() => this.uploads.delete(key));
    this.uploads.set(key, upload);
    return upload;
  }

  private async upload(
    key: string,
    { number }: ClaimedMessage,
    media: ClaimedMedia,
    accessToken: string,
  ): Promise<UploadResult> {
    const result = await this.client.uploadMedia({
      phoneNumberId: number.phoneNumberId,
      accessToken,
      file: {
        filename: media.filename,
        mimeType: media.mimeType,
        sizeBytes: media.sizeBytes,
        open: () => this.store.openRead(media.storageKey),
      },
    });
    if (result.kind !== 'uploaded') return result;
    this.recent.set(key, result.mediaId);
    await this.postgres.query(
      'delivery_remember_upload',
      `INSERT INTO whatsapp_media_ids (number_id, media_file_id, media_id) VALUES ($1, $2, $3)
       ON CONFLICT (number_id, media_file_id) DO UPDATE SET media_id = excluded.media_id, uploaded_at = now()`,
      [number.id, media.fileId, result.mediaId],
    );
    return result;
  }
}
