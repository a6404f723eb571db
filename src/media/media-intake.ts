import { Injectable } from '@nestjs/common';
import type { MediaType } from './media-types.js';
import type { PreparedMedia } from './prepared-media.js';
import type { FieldFaults, UploadedTempFile } from './upload/uploaded-file.js';

/**
 * Takes a file in: checks it against its media type, converts WebP, stores it durably. What it returns is on disk (or
 * in the bucket) before the promise resolves, so the transaction that follows may refer to it.
 */
@Injectable()
export class MediaIntake {
  /** What is wrong with an uploaded file, by field; empty when nothing is. Lets a controller report all faults at once. */
  async faultsOf(_mediaType: MediaType, _file: UploadedTempFile): Promise<FieldFaults> {
    throw new Error('being built');
  }

  /** @throws ApiError 422 on `media_file` or `media_type`; 503 when the disk is full or the store is away */
  async fromUpload(
    _tenantId: number,
    _mediaType: MediaType,
    _file: UploadedTempFile,
    _displayName?: string,
  ): Promise<PreparedMedia> {
    throw new Error('being built');
  }

  /** Downloads and re-hosts. @throws ApiError 422 on `media_url`, saying why; 503 as above */
  async fromUrl(_tenantId: number, _mediaType: MediaType, _url: string, _displayName?: string): Promise<PreparedMedia> {
    throw new Error('being built');
  }

  /**
   * To be called once the transaction has ended. `keptStorageKey` is what `media_files` returned, or null when it was
   * rolled back: the file of this request is removed unless it is the kept one. Not to be called when the end of the
   * commit is not known; the collector then decides.
   */
  async settle(_prepared: PreparedMedia, _keptStorageKey: string | null): Promise<void> {
    throw new Error('being built');
  }
}
