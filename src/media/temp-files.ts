import { close, constants, fsync, mkdir, open, read, rename, unlink, write } from 'node:fs';
import { readdir, stat, unlink as unlinkPath } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Settings } from '../platform/config/settings.js';
import { isErrno } from './storage/storage-errors.js';

// The callback functions with plain descriptors: FileHandle costs about twice the CPU of each call (measured), and the
// small upload is the hot path.
const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);
const readFile = promisify(read);
const syncFile = promisify(fsync);
const renameFile = promisify(rename);
const unlinkFile = promisify(unlink);
const makeDirectory = promisify(mkdir);

/** One file under MEDIA_DIR/tmp with its open descriptor. Whoever holds it ends it with {@link discard}. */
export class TempFile {
  private position = 0;
  private ended = false;
  private moved = false;

  constructor(
    readonly path: string,
    private readonly descriptor: number,
  ) {}

  /** Adds to the end. @throws ENOSPC and the like as Node gives them */
  async append(chunk: Buffer): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      // A full disk may take part of a write before it refuses the rest.
      const { bytesWritten } = await writeFile(this.descriptor, chunk, written, chunk.length - written, this.position);
      written += bytesWritten;
      this.position += bytesWritten;
    }
  }

  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await readFile(this.descriptor, buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  /** Returns once the content is on the disk itself. */
  async sync(): Promise<void> {
    await syncFile(this.descriptor);
  }

  /** Renames the file; it stays readable here until {@link discard}, which then only closes it. */
  async moveTo(destination: string): Promise<void> {
    await renameFile(this.path, destination);
    this.moved = true;
  }

  /** Closes the file, and removes it unless it was moved. May be called more than once. */
  async discard(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    try {
      await closeFile(this.descriptor);
    } finally {
      if (!this.moved) await this.unlink();
    }
  }

  private async unlink(): Promise<void> {
    try {
      await unlinkFile(this.path);
    } catch (error) {
      // Gone is what was wanted.
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

/** The folder in which files arrive before they are checked and stored. On the same file system as the local store. */
@Injectable()
export class TempFiles {
  readonly directory: string;
  /** Begins this process's names, so that several may share the folder. */
  private readonly prefix = randomBytes(9).toString('hex');
  private created = 0;

  constructor(settings: Settings) {
    this.directory = join(resolve(settings.MEDIA_DIR), 'tmp');
  }

  /** An empty file of its own, readable by this user only. */
  async create(): Promise<TempFile> {
    this.created += 1;
    const path = join(this.directory, `${this.prefix}-${this.created.toString(36)}`);
    return new TempFile(path, await this.open(path));
  }

  /** Opens the new file; the folder is made when it is not there (yet, or any more). */
  protected async open(path: string): Promise<number> {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
    try {
      return await openFile(path, flags, 0o600);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      await makeDirectory(this.directory, { recursive: true });
      return openFile(path, flags, 0o600);
    }
  }

  /**
   * Removes what a process that died left behind: files not written to for `ageMs`. An upload in progress writes more
   * often than that or is cut off. @returns how many
   */
  async removeStale(ageMs: number): Promise<number> {
    const before = Date.now() - ageMs;
    let removed = 0;
    for (const name of await this.names()) {
      const path = join(this.directory, name);
      try {
        if ((await stat(path)).mtimeMs >= before) continue;
        await unlinkPath(path);
        removed += 1;
      } catch (error) {
        // Another process, or the request itself, was faster.
        if (!isErrno(error, 'ENOENT')) throw error;
      }
    }
    return removed;
  }

  private async names(): Promise<string[]> {
    try {
      return await readdir(this.directory);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }
}
