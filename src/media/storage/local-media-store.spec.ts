import { openSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContentReceiver, ReceivedContent } from '../received-content.js';
import { TempFiles } from '../temp-files.js';
import { MediaFolder } from '../testing/media-folder.js';
import { LocalMediaStore } from './local-media-store.js';
import { asStorageApiError, MediaNotStoredError } from './storage-errors.js';
import { newStorageKey, StorageKeyError } from './storage-key.js';

/** The disk is full from the first byte: /dev/full answers ENOSPC to every write. */
class FullDisk extends TempFiles {
  protected override open(): Promise<number> {
    return Promise.resolve(openSync('/dev/full', 'w'));
  }
}

describe('the local media store', () => {
  let folder: MediaFolder;
  beforeEach(async () => (folder = await MediaFolder.create()));
  afterEach(() => folder.remove());

  const small = ReceivedContent.ofBuffer(Buffer.from('small file'));
  const keyOf = (content: ReceivedContent): string => newStorageKey(7, content.sha256, 'txt');

  async function large(): Promise<ReceivedContent> {
    const receiver = new ContentReceiver(folder.tempFiles, 10_000_000);
    await receiver.write(Buffer.alloc(1_000_000, 'x'));
    return receiver.finish();
  }

  async function read(key: string, range?: { start: number; end: number }): Promise<string> {
    return (await buffer(await folder.store.openRead(key, range))).toString();
  }

  it('keeps a small file', async () => {
    const key = keyOf(small);
    await folder.store.put(key, small, 'text/plain');
    expect(await folder.stored()).toEqual([key]);
    expect(await folder.temporary()).toEqual([]);
    await expect(read(key)).resolves.toBe('small file');
    await expect(read(key, { start: 6, end: 9 })).resolves.toBe('file');
    expect(folder.openFiles()).toEqual([]);
  });

  it('keeps a large file by moving it, and leaves no temporary one', async () => {
    const content = await large();
    const key = keyOf(content);
    await folder.store.put(key, content, 'text/plain');
    await content.discard();
    expect(await folder.temporary()).toEqual([]);
    expect((await read(key)).length).toBe(1_000_000);
    expect(folder.openFiles()).toEqual([]);
  });

  it('keeps many at once, also in one folder', async () => {
    const keys = Array.from({ length: 20 }, () => keyOf(small));
    await Promise.all(keys.map((key) => folder.store.put(key, small, 'text/plain')));
    expect(await folder.stored()).toEqual([...keys].sort());
  });

  it('removes a file, also one that is gone', async () => {
    const key = keyOf(small);
    await folder.store.put(key, small, 'text/plain');
    await folder.store.remove(key);
    await folder.store.remove(key);
    expect(await folder.stored()).toEqual([]);
    await expect(folder.store.openRead(key)).rejects.toThrow(MediaNotStoredError);
  });

  it('makes its folders again when somebody removed them', async () => {
    await rm(folder.path, { recursive: true });
    const key = keyOf(small);
    await folder.store.put(key, small, 'text/plain');
    await expect(read(key)).resolves.toBe('small file');
  });

  it('lists what was written before a time', async () => {
    const [older, newer] = [keyOf(small), keyOf(small)];
    await folder.store.put(older, small, 'text/plain');
    await folder.store.put(newer, small, 'text/plain');
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(folder.path, 'files', older), anHourAgo, anHourAgo);
    const pages: string[][] = [];
    for await (const page of folder.store.listOlderThan(older.slice(0, 2), new Date(Date.now() - 60_000)))
      pages.push(page);
    expect(pages).toEqual([[older]]);
    for await (const page of folder.store.listOlderThan('no-such-folder', new Date())) pages.push(page);
    expect(pages).toHaveLength(1);
  });

  it.each(['../outside.txt', '/etc/passwd', 'ab/../../outside.txt', ''])('never leaves its folder: %j', async (key) => {
    await writeFile(join(folder.path, 'outside.txt'), 'x');
    await expect(folder.store.openRead(key)).rejects.toThrow(StorageKeyError);
    await expect(folder.store.put(key, small, 'text/plain')).rejects.toThrow(StorageKeyError);
    await expect(folder.store.remove(key)).rejects.toThrow(StorageKeyError);
  });

  it('answers 503 when the disk is full, and leaves nothing behind', async () => {
    const tempFiles = new FullDisk(folder.settings);
    const store = new LocalMediaStore(folder.settings, tempFiles);
    const failure: unknown = await store.put(keyOf(small), small, 'text/plain').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ENOSPC' });
    expect(asStorageApiError(failure)).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      headers: { 'Retry-After': '10' },
    });
    expect(await folder.stored()).toEqual([]);
    expect(await folder.temporary()).toEqual([]);
  });

  it('fails as a fault of ours when a file cannot be written for another reason', async () => {
    const content = await large();
    await rm(join(folder.path, 'tmp'), { recursive: true });
    const failure: unknown = await folder.store
      .put(keyOf(content), content, 'text/plain')
      .catch((error: unknown) => error);
    expect(asStorageApiError(failure)).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' });
    expect(await folder.stored()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });
});
