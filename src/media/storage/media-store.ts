import type { Readable } from 'node:stream';

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** No file has this key. */
export class MediaNotStoredError extends Error {}

/** Where media files are kept. One implementation for a local folder, one for S3-compatible stores. */
export abstract class MediaStore {
  /** Stores a small file held in memory. Durable when the promise resolves; nothing is left behind when it rejects. */
  abstract putContent(storageKey: string, content: Buffer, mimeType: string): Promise<void>;
  /** Stores a temporary file, which is then gone from its path. Durable when the promise resolves. */
  abstract putFile(storageKey: string, path: string, sizeBytes: number, mimeType: string): Promise<void>;
  /** @throws MediaNotStoredError */
  abstract openRead(storageKey: string, range?: ByteRange): Promise<Readable>;
  /** Removes a file; one that is not there is no error. */
  abstract remove(storageKey: string): Promise<void>;
  /** Keys of files last written before `before`, in pages, for the search for files that no row names. */
  abstract listOlderThan(before: Date): AsyncIterable<string[]>;
}
