import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type FieldErrors, validationError } from '../platform/http/api-error.js';
import { Log } from '../platform/logging/log.js';
import type { ArrivedFile } from './arrived-file.js';
import { ConversionRefusedError, WebpConverter } from './convert/webp-converter.js';
import { MediaDownload } from './fetch/media-download.js';
import { MediaUrlRefusedError } from './fetch/media-url-refused.js';
import { formatOf, type MediaFormat } from './formats/media-formats.js';
import type { MediaType } from './media-types.js';
import { displayName, withoutExtension } from './names/file-names.js';
import type { PreparedMedia } from './prepared-media.js';
import { ReceivedContent } from './received-content.js';
import { MediaStore } from './storage/media-store.js';
import { asStorageApiError } from './storage/storage-errors.js';
import { newStorageKey } from './storage/storage-key.js';
import type { UploadedTempFile } from './upload/uploaded-file.js';

/**
 * How long this process relies on a file that it saw committed. The collector deletes nothing that began to be
 * referred to less than an hour ago, so within half an hour the row, and with it the file, is certainly there.
 */
const KNOWN_STORED_MS = 30 * 60_000;
const KNOWN_STORED_MAX = 10_000;

/**
 * Takes a file in: checks it against its media type, converts WebP, stores it durably. What it returns is on disk (or
 * in the bucket) before the promise resolves, so the transaction that follows may refer to it.
 */
@Injectable()
export class MediaIntake {
  private readonly knownStored = new LRUCache<string, string>({ max: KNOWN_STORED_MAX, ttl: KNOWN_STORED_MS });

  constructor(
    private readonly store: MediaStore,
    private readonly converter: WebpConverter,
    private readonly download: MediaDownload,
    private readonly log: Log,
  ) {}

  /**
   * What is wrong with an uploaded file, by field; empty when nothing is. Lets a controller report all faults of a
   * request at once. The check is done once per file: {@link fromUpload} uses the same result.
   */
  async faultsOf(mediaType: MediaType, file: UploadedTempFile): Promise<FieldErrors> {
    const verdict = await file.check(mediaType);
    return 'faults' in verdict ? { [file.fieldName]: verdict.faults } : {};
  }

  /**
   * Stores an upload. The temporary file stays the interceptor's to remove.
   * @param wanted what the file shall be called; default: as the client named it
   * @throws ApiError 422 on `media_file`; 503 when the disk is full or the store is away
   */
  async fromUpload(
    tenantId: number,
    mediaType: MediaType,
    file: UploadedTempFile,
    wanted?: string,
  ): Promise<PreparedMedia> {
    const verdict = await file.check(mediaType);
    if ('faults' in verdict) throw validationError({ [file.fieldName]: verdict.faults });
    return this.prepare(tenantId, verdict.format, file, wanted, file.fieldName);
  }

  /**
   * Downloads and re-hosts.
   * @param wanted what the file shall be called; default: as its server or URL names it
   * @param field the field that the address came in
   * @throws ApiError 422 on `field`, saying why; 503 as above
   */
  async fromUrl(
    tenantId: number,
    mediaType: MediaType,
    url: string,
    wanted?: string,
    field = 'media_url',
  ): Promise<PreparedMedia> {
    const arrival = await this.fetch(mediaType, url, field);
    try {
      const verdict = await arrival.check(mediaType);
      if ('faults' in verdict) throw validationError({ [field]: verdict.faults });
      return await this.prepare(tenantId, verdict.format, arrival, wanted, field);
    } finally {
      await arrival.content.discard();
    }
  }

  /**
   * To be called once the transaction has ended. `keptStorageKey` is what `media_files` returned, or null when it was
   * rolled back: the file of this request is removed unless it is the kept one. Not to be called when the end of the
   * commit is not known (connection lost); the collector then finds out. Never throws: what could not be removed is
   * the collector's.
   */
  async settle(prepared: PreparedMedia, keptStorageKey: string | null): Promise<void> {
    if (keptStorageKey !== null) this.knownStored.set(knownKey(prepared), keptStorageKey);
    if (!prepared.stored || prepared.storageKey === keptStorageKey) return;
    try {
      await this.store.remove(prepared.storageKey);
    } catch (error) {
      this.log.warn({ err: error, tenant_id: prepared.tenantId }, 'a surplus media file is left to the collector');
    }
  }

  private async fetch(mediaType: MediaType, url: string, field: string): Promise<ArrivedFile> {
    try {
      return await this.download.fetch(url, mediaType);
    } catch (error) {
      if (error instanceof MediaUrlRefusedError) throw validationError({ [field]: [error.message] });
      throw asStorageApiError(error);
    }
  }

  private async prepare(
    tenantId: number,
    format: MediaFormat,
    arrival: ArrivedFile,
    wanted: string | undefined,
    field: string,
  ): Promise<PreparedMedia> {
    const name = wanted ?? arrival.originalName;
    if (format.mimeType !== 'image/webp') return this.keep(tenantId, format, arrival.content, name);
    const { content, as } = await this.convert(arrival.content, field);
    const target = formatOf('image', as) ?? format;
    return this.keep(tenantId, target, ReceivedContent.ofBuffer(content), withoutExtension(name, format.extensions));
  }

  private async convert(webp: ReceivedContent, field: string): ReturnType<WebpConverter['convert']> {
    try {
      return await this.converter.convert(webp);
    } catch (error) {
      if (error instanceof ConversionRefusedError) throw validationError({ [field]: [error.message] });
      throw error;
    }
  }

  private async keep(
    tenantId: number,
    format: MediaFormat,
    content: ReceivedContent,
    name: string,
  ): Promise<PreparedMedia> {
    const { sha256, sizeBytes } = content;
    const { mimeType } = format;
    const filename = displayName(name, format.extensions, format.mediaType);
    const identity = { tenantId, sha256, sizeBytes, mimeType, filename };
    const known = this.knownStored.get(knownKey(identity));
    if (known) return { ...identity, storageKey: known, stored: false };
    const storageKey = newStorageKey(tenantId, sha256, format.extensions[0]);
    try {
      await this.store.put(storageKey, content, mimeType);
    } catch (error) {
      throw asStorageApiError(error);
    }
    return { ...identity, storageKey, stored: true };
  }
}

function knownKey({ tenantId, sha256, mimeType }: Pick<PreparedMedia, 'tenantId' | 'sha256' | 'mimeType'>): string {
  return `${tenantId} ${sha256.toString('base64')} ${mimeType}`;
}
