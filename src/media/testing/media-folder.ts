import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testSettings } from '../../platform/http/testing/start-api.js';
import type { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { LocalMediaStore } from '../storage/local-media-store.js';
import { TempFiles } from '../temp-files.js';

/** A MEDIA_DIR of its own for one specification, and what lies and is open in it. */
export class MediaFolder {
  private constructor(
    readonly path: string,
    readonly settings: Settings,
    readonly log: Log,
    readonly tempFiles: TempFiles,
    readonly store: LocalMediaStore,
  ) {}

  static async create(): Promise<MediaFolder> {
    const path = await mkdtemp(join(tmpdir(), 'rasl-media-spec-'));
    const settings = testSettings();
    settings.MEDIA_DIR = path;
    const tempFiles = new TempFiles(settings);
    const store = new LocalMediaStore(settings, tempFiles);
    store.onModuleInit();
    return new MediaFolder(path, settings, new Log(settings), tempFiles, store);
  }

  /** Files in tmp. */
  async temporary(): Promise<string[]> {
    return this.names('tmp');
  }

  /** Stored files, as storage keys. */
  async stored(): Promise<string[]> {
    return (await this.names('files')).filter((name) => name.includes('/'));
  }

  /** Files of this folder that this process has open. */
  openFiles(): string[] {
    return readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith(this.path) ? [target] : [];
      } catch {
        // The descriptor of the listing itself.
        return [];
      }
    });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  private async names(folder: string): Promise<string[]> {
    try {
      return (await readdir(join(this.path, folder), { recursive: true })).sort();
    } catch {
      // Made with the first file.
      return [];
    }
  }
}
