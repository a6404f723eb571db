import { close, createReadStream, fsync, mkdirSync, open } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import type { ReceivedContent } from '../received-content.js';
import { type TempFile, TempFiles } from '../temp-files.js';
import { type ByteRange, MediaStore } from './media-store.js';
import { isErrno, MediaNotStoredError } from './storage-errors.js';
import { parseStorageKey, STORAGE_FOLDERS } from './storage-key.js';

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fsync);

const PAGE_SIZE = 256;

/**
 * Media in the folder MEDIA_DIR/files, spread over 256 folders that are made at start.
 *
 * Durability: when `put` returns, and so before the message's row is committed, both the content and the name survive
 * a power cut: the file is synced, and its folder too, since POSIX promises the name only then. A file gets its name
 * first and both syncs run together, which costs the journal one commit instead of two (measured: 1.6 times the
 * uploads a second). That is safe because names are never given twice: until the row is committed nobody knows this
 * one, and a file left half by a power cut is one without a row, which the collector removes. Requests that wait for
 * the same folder share one sync.
 */
@Injectable()
export class LocalMediaStore extends MediaStore implements OnModuleInit {
  private readonly root: string;
  private readonly folderSyncs = new Map<string, FolderSync>();

  constructor(
    settings: Settings,
    private readonly tempFiles: TempFiles,
  ) {
    super();
    this.root = join(resolve(settings.MEDIA_DIR), 'files');
  }

  onModuleInit(): void {
    this.makeFolders();
  }

  async put(storageKey: string, content: ReceivedContent, _mimeType: string): Promise<void> {
    const path = this.pathOf(storageKey);
    const file = content.file ?? (await this.tempFiles.create());
    try {
      if (!content.file) await file.append(content.head);
      await this.moveIn(file, path);
      await bothSettled(file.sync(), this.syncFolder(storageKey));
    } catch (error) {
      // What even this cannot remove has no row, and is the collector's.
      await Promise.allSettled([file.discard(), this.remove(storageKey)]);
      throw error;
    }
    await file.discard();
  }

  async openRead(storageKey: string, range?: ByteRange): Promise<Readable> {
    const path = this.pathOf(storageKey);
    try {
      const fd = await openFile(path, 'r');
      return createReadStream(path, { fd, ...(range && { start: range.start, end: range.end }) });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) throw new MediaNotStoredError(storageKey, { cause: error });
      throw error;
    }
  }

  async remove(storageKey: string): Promise<void> {
    try {
      await unlink(this.pathOf(storageKey));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }

  async *listOlderThan(folder: string, before: Date): AsyncGenerator<string[]> {
    const names = await this.namesIn(folder);
    for (let at = 0; at < names.length; at += PAGE_SIZE) {
      const page = await Promise.all(
        names.slice(at, at + PAGE_SIZE).map(async (name) => {
          const modified = await this.modifiedAt(join(this.root, folder, name));
          return modified !== null && modified < before.getTime() ? [`${folder}/${name}`] : [];
        }),
      );
      const keys = page.flat();
      if (keys.length > 0) yield keys;
    }
  }

  /** Keys are checked against their one form, so no path leads out of the folder. */
  private pathOf(storageKey: string): string {
    parseStorageKey(storageKey);
    return join(this.root, storageKey);
  }

  private makeFolders(): void {
    for (const folder of STORAGE_FOLDERS) mkdirSync(join(this.root, folder), { recursive: true });
  }

  private async moveIn(file: TempFile, path: string): Promise<void> {
    try {
      await file.moveTo(path);
    } catch (error) {
      // The folder was removed while we run (a test's clean-up, an operator): make it again, once.
      if (!isErrno(error, 'ENOENT')) throw error;
      this.makeFolders();
      await file.moveTo(path);
    }
  }

  private async syncFolder(storageKey: string): Promise<void> {
    const folder = storageKey.slice(0, 2);
    let sync = this.folderSyncs.get(folder);
    if (!sync) {
      sync = new FolderSync(join(this.root, folder));
      this.folderSyncs.set(folder, sync);
    }
    await sync.run();
  }

  private async namesIn(folder: string): Promise<string[]> {
    try {
      return await readdir(join(this.root, folder));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  private async modifiedAt(path: string): Promise<number | null> {
    try {
      return (await stat(path)).mtimeMs;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }
}

/** Waits for both, also when one fails: the file must not be closed under a sync that still runs. */
async function bothSettled(...work: Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** Syncs one folder. Whoever comes while a sync runs waits for the next one, which then serves all of them. */
class FolderSync {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(private readonly path: string) {}

  run(): Promise<void> {
    if (!this.running) {
      this.running = this.sync().finally(() => (this.running = undefined));
      return this.running;
    }
    // The one that runs may have begun before our rename, so it proves nothing about it.
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.run();
      });
    return this.next;
  }

  private async sync(): Promise<void> {
    const fd = await openFile(this.path, 'r');
    try {
      await syncFile(fd);
    } finally {
      await closeFile(fd);
    }
  }
}
