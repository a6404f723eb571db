import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContentReceiver, ReceivedContent } from '../received-content.js';
import { MediaFolder } from '../testing/media-folder.js';
import { S3Server } from '../testing/s3-server.js';
import { S3MediaStore } from './s3-media-store.js';
import { asStorageApiError, MediaNotStoredError, StorageUnavailableError } from './storage-errors.js';
import { newStorageKey, StorageKeyError } from './storage-key.js';

describe('the S3 media store', () => {
  let server: S3Server;
  let folder: MediaFolder;
  let store: S3MediaStore;

  beforeEach(async () => {
    server = await S3Server.start();
    folder = await MediaFolder.create();
    Object.assign(folder.settings, {
      MEDIA_STORAGE: 's3',
      S3_BUCKET: 'media-bucket',
      S3_REGION: 'eu-central-1',
      S3_ENDPOINT: server.url,
      S3_ACCESS_KEY_ID: 'test-key',
      S3_SECRET_ACCESS_KEY: 'test-secret',
    });
    store = new S3MediaStore(folder.settings);
  });
  afterEach(async () => {
    await store.onModuleDestroy();
    await server.stop();
    await folder.remove();
  });

  const small = ReceivedContent.ofBuffer(Buffer.from('small file'));
  const keyOf = (content: ReceivedContent): string => newStorageKey(7, content.sha256, 'txt');

  it('keeps a small file with its type, and gives back all or a part of it', async () => {
    const key = keyOf(small);
    await store.put(key, small, 'text/plain');
    expect(server.objects.get(`media/${key}`)).toMatchObject({ contentType: 'text/plain' });
    expect((await buffer(await store.openRead(key))).toString()).toBe('small file');
    expect((await buffer(await store.openRead(key, { start: 6, end: 9 }))).toString()).toBe('file');
  });

  it('streams a large file from its temporary file, which stays the request’s to remove', async () => {
    const receiver = new ContentReceiver(folder.tempFiles, 10_000_000);
    await receiver.write(Buffer.alloc(3_000_000, 'x'));
    const content = receiver.finish();
    await store.put(keyOf(content), content, 'text/plain');
    expect([...server.objects.values()][0]?.content.length).toBe(3_000_000);
    expect(await folder.temporary()).toHaveLength(1);
    await content.discard();
    expect(await folder.temporary()).toEqual([]);
  });

  it('removes a file, also one that is gone', async () => {
    const key = keyOf(small);
    await store.put(key, small, 'text/plain');
    await store.remove(key);
    await store.remove(key);
    expect(server.objects.size).toBe(0);
    await expect(store.openRead(key)).rejects.toThrow(MediaNotStoredError);
  });

  it('lists what was written before a time, page by page', async () => {
    const keys = Array.from({ length: 5 }, () => keyOf(small));
    for (const key of keys) await store.put(key, small, 'text/plain');
    const old = keys.slice(0, 4);
    for (const key of old) {
      const object = server.objects.get(`media/${key}`);
      if (object) object.modified = new Date(Date.now() - 3_600_000);
    }
    const listed: string[] = [];
    for await (const page of store.listOlderThan(keyOf(small).slice(0, 2), new Date(Date.now() - 60_000)))
      listed.push(...page);
    expect(listed.sort()).toEqual([...old].sort());
    expect(server.requests.filter((request) => request.startsWith('GET /media-bucket')).length).toBe(3);
  });

  it('takes only keys of its own form', async () => {
    await expect(store.openRead('../other/object')).rejects.toThrow(StorageKeyError);
    await expect(store.remove('../other/object')).rejects.toThrow(StorageKeyError);
    expect(server.requests).toEqual([]);
  });

  it('answers 503 while the store does not take files, says nothing about why, and leaves nothing', async () => {
    server.failure = { status: 403, code: 'AccessDenied' };
    const failure: unknown = await store.put(keyOf(small), small, 'text/plain').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StorageUnavailableError);
    expect(asStorageApiError(failure)).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      message: 'The service is temporarily unavailable',
    });
    expect(server.objects.size).toBe(0);
  });

  it('answers 503 while the store cannot be reached', async () => {
    await server.stop();
    await expect(store.openRead(keyOf(small))).rejects.toThrow(StorageUnavailableError);
  });
});
