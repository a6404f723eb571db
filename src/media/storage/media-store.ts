import type { Readable } from 'node:stream';
import type { ReceivedContent } from '../received-content.js';

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where media files are kept: a local folder or an S3-compatible store. A key is written once, by one request
 * (see `newStorageKey`), and never overwritten.
 */
export abstract class MediaStore {
  /**
   * Stores what came in. Durable when the promise resolves; when it rejects nothing is left behind. A temporary file
   * may have been moved into the store; `content.discard()` is right in every case.
   * @throws StorageUnavailableError, or the system's error (ENOSPC …); `asStorageApiError` turns them into answers
   */
  abstract put(storageKey: string, content: ReceivedContent, mimeType: string): Promise<void>;

  /** Whole file, or a part of it. @throws MediaNotStoredError, StorageUnavailableError */
  abstract openRead(storageKey: string, range?: ByteRange): Promise<Readable>;

  /** Removes a file; one that is not there is no error. */
  abstract remove(storageKey: string): Promise<void>;

  /** Keys in one of the 256 folders that were written before `before`, in pages. */
  abstract listOlderThan(folder: string, before: Date): AsyncIterable<string[]>;
}
