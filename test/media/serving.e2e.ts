import { rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { MediaLinks } from '../../src/media/media-links.js';
import { MediaRepository } from '../../src/media/media-repository.js';
import { MediaController } from '../../src/media/serving/media.controller.js';
import { MediaStore } from '../../src/media/storage/media-store.js';
import { S3MediaStore } from '../../src/media/storage/s3-media-store.js';
import { ReceivedContent } from '../../src/media/received-content.js';
import { S3Server } from '../../src/media/testing/s3-server.js';
import { type StartedApi, startApi } from '../../src/platform/http/testing/start-api.js';
import { MediaFixture, type StoredFile } from './media-fixture.js';

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));

describe.each(['local', 's3'] as const)('GET /media/{public_id}/{filename} from the %s store', (kind) => {
  let media: MediaFixture;
  let s3: S3Server;
  let api: StartedApi;
  let file: StoredFile;
  let url: string;

  beforeAll(async () => {
    media = await MediaFixture.create();
    s3 = await S3Server.start();
    file = await media.file(await media.tenant(), 0, content);
    let store: MediaStore = media.folder.store;
    if (kind === 's3') {
      Object.assign(media.folder.settings, {
        S3_BUCKET: 'media-bucket',
        S3_REGION: 'eu-central-1',
        S3_ENDPOINT: s3.url,
        S3_ACCESS_KEY_ID: 'key',
        S3_SECRET_ACCESS_KEY: 'secret',
      });
      store = new S3MediaStore(media.folder.settings);
      await store.put(file.storageKey, ReceivedContent.ofBuffer(content), 'image/jpeg');
    }
    api = await startApi({
      controllers: [MediaController],
      providers: [
        { provide: MediaRepository, useValue: media.repository },
        { provide: MediaStore, useValue: store },
        { provide: MediaLinks, useValue: media.links },
      ],
    });
    url = `${api.url}/media/${await media.link(file, null)}/photo.jpg`;
  });
  afterAll(async () => {
    await api.stop();
    await s3.stop();
    await media.close();
  });

  const get = (headers: Record<string, string> = {}, method = 'GET', at = url): Promise<Response> =>
    fetch(at, { method, headers });
  const bytes = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());
  const etag = `"${createHash('sha256').update(content).digest('hex')}"`;

  it('answers the whole file, safely', async () => {
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(content.equals(await bytes(answer))).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '1000',
      'content-disposition': 'inline; filename="photo.jpg"',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'private, max-age=86400, immutable',
      'accept-ranges': 'bytes',
      etag,
    });
  });

  it('answers HEAD like GET without the file', async () => {
    const answer = await get({}, 'HEAD');
    expect([answer.status, answer.headers.get('content-length'), answer.headers.get('etag')]).toEqual([
      200,
      '1000',
      etag,
    ]);
    expect(await bytes(answer)).toHaveLength(0);
  });

  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=990-', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=5-100000', 5, 999],
  ])('answers the range %s', async (range, start, end) => {
    const answer = await get({ Range: range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end}/1000`);
    expect(content.subarray(start, end + 1).equals(await bytes(answer))).toBe(true);
  });

  it('answers 416 to a range behind the end, and the whole file to one that it cannot read', async () => {
    const behind = await get({ Range: 'bytes=1000-' });
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
    await expect(behind.json()).resolves.toMatchObject({ success: false, error: { code: 'RANGE_NOT_SATISFIABLE' } });
    const several = await get({ Range: 'bytes=0-1,5-6' });
    expect([several.status, (await bytes(several)).length]).toEqual([200, 1000]);
  });

  it('answers a range only if the file is still the same', async () => {
    const modified = (await get()).headers.get('last-modified') ?? '';
    expect((await get({ Range: 'bytes=0-9', 'If-Range': etag })).status).toBe(206);
    expect((await get({ Range: 'bytes=0-9', 'If-Range': modified })).status).toBe(206);
    expect((await get({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status).toBe(200);
    expect((await get({ Range: 'bytes=0-9', 'If-Range': `W/${etag}` })).status).toBe(200);
    expect((await get({ Range: 'bytes=0-9', 'If-Range': 'Mon, 01 Jan 2024 00:00:00 GMT' })).status).toBe(200);
  });

  it('answers 304 to who has it', async () => {
    // Without it fetch would add no-cache, which asks for the whole file.
    const unforced = { 'Cache-Control': 'max-age=0' };
    const answer = await get({ 'If-None-Match': etag, ...unforced });
    expect([answer.status, (await bytes(answer)).length]).toEqual([304, 0]);
    expect((await get({ 'If-None-Match': '"other"', ...unforced })).status).toBe(200);
  });

  it('gives documents as attachments, under their names', async () => {
    const document = await media.file(file.tenantId, 0, Buffer.from('%PDF-1.4'), 'application/pdf');
    if (kind === 's3') {
      s3.objects.set(`media/${document.storageKey}`, {
        content: document.content,
        contentType: 'application/pdf',
        modified: new Date(),
      });
    }
    const publicId = await media.link(document, null, 'عرض.pdf');
    const answer = await get({}, 'GET', `${api.url}/media/${publicId}/${encodeURIComponent('عرض.pdf')}`);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename="___.pdf"; filename*=UTF-8\'\'%D8%B9%D8%B1%D8%B6.pdf',
    );
    // The id decides; the name in the address is for people.
    expect((await get({}, 'GET', `${api.url}/media/${publicId}/any-name`)).status).toBe(200);
  });

  it('lets caches keep it no longer than the address lives', async () => {
    const publicId = await media.link(file, 100);
    const answer = await get({}, 'GET', `${api.url}/media/${publicId}/photo.jpg`);
    const seconds = Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '')?.[1]);
    expect(seconds).toBeGreaterThan(90);
    expect(seconds).toBeLessThanOrEqual(100);
  });

  it('answers 404 in the envelope for an address that is unknown, ended, or no address', async () => {
    const ended = await media.link(file, -1);
    for (const path of [
      `${'A'.repeat(24)}/photo.jpg`,
      `${ended}/photo.jpg`,
      'short/photo.jpg',
      '..%2f..%2fetc/passwd',
      'a',
    ]) {
      const answer = await get({}, 'GET', `${api.url}/media/${path}`);
      expect(answer.status).toBe(404);
      await expect(answer.json()).resolves.toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    }
  });

  it('answers 404 when the row is there and the file is not', async () => {
    const lost = await media.file(file.tenantId);
    await rm(media.pathOf(lost));
    const publicId = await media.link(lost, null);
    const answer = await get({}, 'GET', `${api.url}/media/${publicId}/photo.jpg`);
    expect([answer.status, answer.headers.get('etag'), answer.headers.get('content-disposition')]).toEqual([
      404,
      null,
      null,
    ]);
    await expect(answer.json()).resolves.toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('keeps nothing open for a client that goes away', async () => {
    const large = await media.file(file.tenantId, 0, Buffer.alloc(8_000_000, 1));
    if (kind === 's3') {
      s3.objects.set(`media/${large.storageKey}`, { content: large.content, contentType: '', modified: new Date() });
    }
    const publicId = await media.link(large, null);
    const leaving = new AbortController();
    const answer = await fetch(`${api.url}/media/${publicId}/photo.jpg`, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    const deadline = Date.now() + 3000;
    while (media.folder.openFiles().length > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(media.folder.openFiles()).toEqual([]);
  });
});
