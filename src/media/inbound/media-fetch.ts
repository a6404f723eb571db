import { Injectable } from '@nestjs/common';
import { DecryptionError } from '../../platform/crypto/encryption.js';
import { Log } from '../../platform/logging/log.js';
import { CustomerMedia, type MediaRefused, type MediaUnanswered } from '../../whatsapp/client/customer-media.js';
import { AccessTokens, AccountGoneError } from '../../whatsapp/connection/access-tokens.js';
import { MediaLinks } from '../media-links.js';
import { ContentReceiver, type ReceivedContent } from '../received-content.js';
import { MediaStore } from '../storage/media-store.js';
import { newStorageKey } from '../storage/storage-key.js';
import { TempFiles } from '../temp-files.js';
import { afterFailure, type FetchEnd } from './after-failure.js';
import { customerFile, isSameHash } from './customer-file.js';
import { type InboundMedia, InboundMediaStore } from './inbound-media-store.js';

/** The largest file that WhatsApp takes from anybody. */
export const MAX_FILE_BYTES = 100 * 1024 * 1024;

/** As WhatsApp would answer a call without a token. */
const WITHOUT_TOKEN: MediaRefused = { kind: 'refused', status: 401, error: null };

type Failure = MediaRefused | MediaUnanswered;
type Received = { kind: 'received'; content: ReceivedContent; mimeType: string | null };

/** Takes one customer's file from WhatsApp into our store. */
@Injectable()
export class MediaFetch {
  /** Files larger than this are not kept, bytes. */
  protected readonly maxBytes: number = MAX_FILE_BYTES;

  constructor(
    private readonly media: CustomerMedia,
    private readonly tokens: AccessTokens,
    private readonly files: InboundMediaStore,
    private readonly links: MediaLinks,
    private readonly store: MediaStore,
    private readonly tempFiles: TempFiles,
    private readonly log: Log,
  ) {}

  /**
   * Fetches, stores and links the file, or says how it goes on without: never rejects for WhatsApp's sake.
   * @throws what the database, the disk or the media store throws
   */
  async fetch(file: InboundMedia, signal: AbortSignal): Promise<void> {
    const received = await this.receive(file, signal);
    if (received.kind === 'too_large') {
      await this.end(file, { kind: 'given_up', failure: 'TOO_LARGE', reason: 'larger than 100 MB' });
    } else if (received.kind === 'received') {
      try {
        await this.keep(file, received);
      } finally {
        await received.content.discard();
      }
    } else if (signal.aborted) {
      await this.end(file, { kind: 'again', delayMs: 0, refused: false, reason: 'the worker stops' });
    } else {
      await this.end(file, afterFailure(received, file, Date.now(), Math.random()));
    }
  }

  private async receive(file: InboundMedia, signal: AbortSignal): Promise<Received | Failure | { kind: 'too_large' }> {
    const accessToken = await this.accessToken(file);
    if (accessToken === null) return WITHOUT_TOKEN;
    const described = await this.media.describe({
      mediaId: file.media_id,
      phoneNumberId: file.phone_number_id,
      accessToken,
    });
    if (described.kind !== 'described') return described;
    const expected = described.sizeBytes ?? this.maxBytes;
    if (expected > this.maxBytes) return { kind: 'too_large' };
    const opened = await this.media.open(described.url, accessToken, { sizeBytes: expected, signal });
    if (opened.kind !== 'opened') return opened;
    const receiver = new ContentReceiver(this.tempFiles, this.maxBytes);
    try {
      const chunks: AsyncIterator<unknown> = opened.content[Symbol.asyncIterator]();
      for (;;) {
        const chunk = await nextOf(chunks);
        if (chunk === 'broken') return await abandoned(receiver, 'CUT_SHORT');
        if (chunk.done) break;
        if (!Buffer.isBuffer(chunk.value)) throw new TypeError('an answer gives buffers');
        await receiver.write(chunk.value);
        if (receiver.tooLarge) return { kind: 'too_large' };
      }
    } catch (error) {
      await receiver.abort();
      throw error;
    } finally {
      opened.content.destroy();
    }
    const content = receiver.finish();
    if (content.sizeBytes === 0 || (described.sha256 !== null && !isSameHash(described.sha256, content.sha256))) {
      await content.discard();
      return { kind: 'unanswered', reason: 'WRONG_CONTENT' };
    }
    return { kind: 'received', content, mimeType: described.mimeType };
  }

  /** Null: there is none that can be read; the operator's to mend, as one that WhatsApp refuses is. */
  private async accessToken({ tenant_id, account_id, account_updated_at }: InboundMedia): Promise<string | null> {
    try {
      return await this.tokens.tokenFor({
        tenantId: tenant_id,
        accountId: account_id,
        updatedAt: account_updated_at,
      });
    } catch (error) {
      if (!(error instanceof AccountGoneError || error instanceof DecryptionError)) throw error;
      this.log.error({ err: error, tenant_id, account_id }, "a customer's file cannot be fetched: no access token");
      return null;
    }
  }

  /** The file is durable before its row is committed; a surplus one goes again. */
  private async keep(file: InboundMedia, { content, mimeType }: Received): Promise<void> {
    const kind = customerFile(mimeType, file.filename, file.type);
    const storageKey = newStorageKey(file.tenant_id, content.sha256, kind.extension);
    const { sha256, sizeBytes } = content;
    await this.store.put(storageKey, content, kind.mimeType);
    const kept = await this.files.finish(file, {
      sha256,
      sizeBytes,
      storageKey,
      mimeType: kind.mimeType,
      filename: kind.filename,
      publicId: this.links.newPublicId(),
    });
    // After a commit that broke nobody knows; then the collector finds out.
    if (kept !== storageKey) await this.store.remove(storageKey);
  }

  private async end(file: InboundMedia, end: FetchEnd): Promise<void> {
    const fields = { message_id: file.message_id, tenant_id: file.tenant_id, tries: file.tries, reason: end.reason };
    if (end.kind === 'given_up') {
      this.log.warn({ ...fields, failure: end.failure }, "a customer's file is given up");
      await this.files.giveUp(file, end.failure);
    } else {
      this.log.debug(fields, "a customer's file is fetched later");
      await this.files.postpone(file, end.delayMs, end.refused);
    }
  }
}

/** A connection that breaks is WhatsApp's matter; what the disk throws is ours. */
async function nextOf(chunks: AsyncIterator<unknown>): Promise<IteratorResult<unknown> | 'broken'> {
  try {
    return await chunks.next();
  } catch {
    return 'broken';
  }
}

async function abandoned(receiver: ContentReceiver, reason: string): Promise<MediaUnanswered> {
  await receiver.abort();
  return { kind: 'unanswered', reason };
}
