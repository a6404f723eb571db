import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { MediaRepository } from '../media-repository.js';
import { MediaStore } from '../storage/media-store.js';
import { parseStorageKey, STORAGE_FOLDERS } from '../storage/storage-key.js';
import { TempFiles } from '../temp-files.js';

/** How long nothing may have referred to a file before it goes (DESIGN "Media is content-addressed"). */
export const GRACE_SECONDS = 3600;

const FIRST_ROUND_MS = 15_000;
const INTERVAL_MS = 5 * 60_000;
const ROWS_PER_STEP = 500;
/** Steps of one round; what is left waits for the next round, so that a round never runs for long. */
const STEPS_PER_ROUND = 40;
/** Between steps: the collector is never in a hurry, requests are. */
const PAUSE_MS = 50;

/** What one round did. */
export interface CollectorRound {
  endedLinks: number;
  files: number;
  orphans: number;
  tempFiles: number;
}

/**
 * Deletes media that nobody needs any more. Only the collector does, and in this order, each step safe against a
 * request that stores the same content at the same moment, and against other workers:
 *
 * 1. Links that have ended. Their files' hour of grace begins.
 * 2. Rows in `media_files` that no link has referred to for an hour, deleted under their row lock. An outbound
 *    transaction takes the same lock (ON CONFLICT DO UPDATE SET referenced_at), and so either refreshes the row first,
 *    which is then passed over, or waits and inserts a row anew, with the file that its own request has stored. A row
 *    that was refreshed within half an hour it only reads: that one has as long again before its hour is over.
 *    The file goes after the commit: its name was the deleted row's alone (see `newStorageKey`), nobody can have
 *    begun to use it.
 * 3. Stored files without a row: their request died between storing and committing, or the process did between the
 *    two halves of step 2. One of the 256 folders a round; files younger than an hour may still be committed.
 * 4. Temporary files that nobody has written to for an hour. In every role, since a process may have a disk of its own.
 */
@Injectable()
export class MediaCollector implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;
  private lastFileId = 0;
  private nextFolder = Math.trunc(Math.random() * STORAGE_FOLDERS.length);

  constructor(
    private readonly settings: Settings,
    private readonly repository: MediaRepository,
    private readonly store: MediaStore,
    private readonly tempFiles: TempFiles,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: () => this.round(),
        // Processes that start together do not collect together.
        firstPauseMs: FIRST_ROUND_MS * (1 + Math.random()),
        afterFailureMs: INTERVAL_MS,
        failed: 'a round of the media collector failed; the next one goes on',
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** One round, as it runs every five minutes. `graceSeconds` is the hour that a test does not wait for. */
  async collect(graceSeconds = GRACE_SECONDS): Promise<CollectorRound> {
    const round: CollectorRound = { endedLinks: 0, files: 0, orphans: 0, tempFiles: 0 };
    round.tempFiles = await this.tempFiles.removeStale(graceSeconds * 1000);
    if (this.settings.ROLE === 'api') return round;
    await this.steps(async () => {
      const deleted = await this.repository.deleteEndedLinks(ROWS_PER_STEP);
      round.endedLinks += deleted;
      return deleted === ROWS_PER_STEP;
    });
    await this.steps(async () => {
      const step = await this.repository.deleteUnreferenced(this.lastFileId, ROWS_PER_STEP, graceSeconds);
      this.lastFileId = step.nextId;
      for (const storageKey of step.storageKeys) await this.store.remove(storageKey);
      round.files += step.storageKeys.length;
      return step.more;
    });
    round.orphans = await this.removeOrphans(this.takeFolder(), graceSeconds);
    return round;
  }

  /** Removes the files of one folder that no row names. */
  async removeOrphans(folder: string, graceSeconds = GRACE_SECONDS): Promise<number> {
    let removed = 0;
    for await (const page of this.store.listOlderThan(folder, new Date(Date.now() - graceSeconds * 1000))) {
      const files = page.flatMap((storageKey) => {
        const parsed = this.parse(storageKey);
        return parsed ? [{ storageKey, ...parsed }] : [];
      });
      const kept = await this.repository.withRow(files);
      for (const { storageKey } of files) {
        if (kept.has(storageKey)) continue;
        await this.store.remove(storageKey);
        removed += 1;
      }
      if (this.loop.stopping.aborted) break;
    }
    return removed;
  }

  private async round(): Promise<number> {
    const round = await this.collect();
    if (Object.values(round).some((count: number) => count > 0)) this.log.info({ ...round }, 'media collected');
    return INTERVAL_MS;
  }

  private async steps(step: () => Promise<boolean>): Promise<void> {
    for (let count = 0; count < STEPS_PER_ROUND && !this.loop.stopping.aborted; count += 1) {
      if (!(await step())) return;
      await this.loop.pause(PAUSE_MS);
    }
  }

  private takeFolder(): string {
    const folder = STORAGE_FOLDERS[this.nextFolder] ?? '00';
    this.nextFolder = (this.nextFolder + 1) % STORAGE_FOLDERS.length;
    return folder;
  }

  /** What is not named by us (an operator's file) is not ours to delete. */
  private parse(storageKey: string): ReturnType<typeof parseStorageKey> | null {
    try {
      return parseStorageKey(storageKey);
    } catch (error) {
      this.log.warn({ err: error }, 'a file in the media store was not put there by us');
      return null;
    }
  }
}
