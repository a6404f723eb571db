import { createHash, hash } from 'node:crypto';
import type { TempFile, TempFiles } from './temp-files.js';

/** Files up to this size are held in memory: one write when they are stored, and no temporary file before that. */
export const MAX_BYTES_IN_MEMORY = 256 * 1024;

/** How many first bytes of a larger file are kept for telling its format. */
export const HEAD_BYTES = 64 * 1024;

/** Bytes read at a time when a whole temporary file has to be looked at. */
const CHUNK_BYTES = 256 * 1024;

/** A file that came in completely: in memory when small, else in a temporary file. */
export class ReceivedContent {
  private constructor(
    readonly sizeBytes: number,
    readonly sha256: Buffer,
    /** The first bytes: all of a small file, 64 KB of a larger one. */
    readonly head: Buffer,
    /** A larger file; null when `head` is the whole content. */
    readonly file: TempFile | null,
  ) {}

  /** Content held in memory. */
  static ofBuffer(content: Buffer): ReceivedContent {
    return new ReceivedContent(content.length, hash('sha256', content, 'buffer'), content, null);
  }

  static ofFile(sizeBytes: number, sha256: Buffer, head: Buffer, file: TempFile): ReceivedContent {
    return new ReceivedContent(sizeBytes, sha256, head, file);
  }

  /** Up to `length` bytes from `position`, fewer at the end. */
  async read(position: number, length: number): Promise<Buffer> {
    if (!this.file || position + length <= this.head.length) return this.head.subarray(position, position + length);
    return this.file.read(position, length);
  }

  /** The whole content in pieces, so that memory stays flat. */
  async *chunks(): AsyncGenerator<Buffer> {
    if (!this.file) {
      yield this.head;
      return;
    }
    for (let position = 0; position < this.sizeBytes; position += CHUNK_BYTES) {
      yield await this.file.read(position, CHUNK_BYTES);
    }
  }

  /** Ends it: closes and removes its temporary file unless that was stored. May be called more than once. */
  async discard(): Promise<void> {
    await this.file?.discard();
  }
}

/**
 * Takes a file in piece by piece, hashing and counting. What fits stays in memory; the rest goes to a temporary file.
 * A caller that awaits each {@link write} passes the disk's pace on to the sender, so memory stays flat.
 */
export class ContentReceiver {
  private received: Buffer[] = [];
  private sizeBytes = 0;
  private file: TempFile | undefined;
  private head: Buffer | undefined;
  private hasher: ReturnType<typeof createHash> | undefined;
  private exceeded = false;

  /** @param maxBytes largest size allowed; what goes beyond is not kept */
  constructor(
    private readonly tempFiles: TempFiles,
    readonly maxBytes: number,
  ) {}

  /** True once more than `maxBytes` came: nothing is kept any more. */
  get tooLarge(): boolean {
    return this.exceeded;
  }

  /**
   * @returns nothing when the piece is in memory, else when the disk has it
   * @throws the system's error (ENOSPC …), through the promise; the caller then calls {@link abort}
   */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.exceeded) return undefined;
    this.sizeBytes += chunk.length;
    if (this.sizeBytes > this.maxBytes) {
      this.exceeded = true;
      return this.abort();
    }
    if (this.file) {
      this.hasher?.update(chunk);
      return this.file.append(chunk);
    }
    this.received.push(chunk);
    return this.sizeBytes > MAX_BYTES_IN_MEMORY ? this.moveToFile() : undefined;
  }

  /** The whole file. Not to be called when {@link tooLarge}. */
  finish(): ReceivedContent {
    if (!this.file || !this.hasher || !this.head) {
      const [only, ...more] = this.received;
      return ReceivedContent.ofBuffer(only && more.length === 0 ? only : Buffer.concat(this.received));
    }
    return ReceivedContent.ofFile(this.sizeBytes, this.hasher.digest(), this.head, this.file);
  }

  /** Gives up: nothing stays in memory or on disk. */
  async abort(): Promise<void> {
    this.received = [];
    await this.file?.discard();
  }

  private async moveToFile(): Promise<void> {
    const start = Buffer.concat(this.received);
    this.received = [];
    this.file = await this.tempFiles.create();
    this.hasher = createHash('sha256').update(start);
    this.head = Buffer.from(start.subarray(0, HEAD_BYTES));
    await this.file.append(start);
  }
}
