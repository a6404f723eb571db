import { createHash, randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { WebpConverter } from './convert/webp-converter.js';
import { MediaDownload } from './fetch/media-download.js';
import { MediaIntake } from './media-intake.js';
import { ContentReceiver } from './received-content.js';
import { LocalMediaStore } from './storage/local-media-store.js';
import { TempFiles } from './temp-files.js';
import { MediaFolder } from './testing/media-folder.js';
import { MediaServer } from './testing/media-server.js';
import { animatedWebp, html, jpeg, padded, pdf, webp, webpWithAlpha } from './testing/sample-files.js';
import { ScriptedAddresses } from '../platform/public-hosts/testing/scripted-addresses.js';
import { UploadedTempFile } from './upload/uploaded-file.js';

const TENANT = 7;

/** Writes nothing: /dev/full answers ENOSPC. */
class FullDisk extends TempFiles {
  protected override open(): Promise<number> {
    return Promise.resolve(openSync('/dev/full', 'w'));
  }
}

describe('the intake of media', () => {
  let folder: MediaFolder;
  let server: MediaServer;
  let intake: MediaIntake;

  function intakeOn(tempFiles: TempFiles): MediaIntake {
    const download = new MediaDownload(folder.settings, tempFiles, new ScriptedAddresses(), folder.log);
    const store = new LocalMediaStore(folder.settings, tempFiles);
    return new MediaIntake(store, new WebpConverter(folder.log), download, folder.log);
  }

  beforeEach(async () => {
    folder = await MediaFolder.create();
    server = await MediaServer.start();
    folder.settings.MEDIA_URL_ALLOW = '127.0.0.1';
    intake = intakeOn(folder.tempFiles);
  });
  afterEach(async () => {
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
    await server.stop();
    await folder.remove();
  });

  async function upload(bytes: Buffer, originalName: string, declaredType = ''): Promise<UploadedTempFile> {
    const receiver = new ContentReceiver(folder.tempFiles, bytes.length);
    await receiver.write(bytes);
    return new UploadedTempFile('media_file', originalName, declaredType, receiver.finish());
  }

  const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  const stored = async (storageKey: string): Promise<Buffer> => buffer(await folder.store.openRead(storageKey));

  it('stores an upload under the hash of its content before it answers', async () => {
    const picture = await jpeg();
    const media = await intake.fromUpload(TENANT, 'image', await upload(picture, 'Photo.JPG'));
    expect(media).toMatchObject({
      tenantId: TENANT,
      sha256: hash(picture),
      sizeBytes: picture.length,
      mimeType: 'image/jpeg',
      filename: 'Photo.jpg',
      stored: true,
    });
    expect(picture.equals(await stored(media.storageKey))).toBe(true);
  });

  it('moves a large upload in, and leaves its clean-up to the interceptor', async () => {
    const document = padded(pdf(), 1_000_000);
    const file = await upload(document, 'a.pdf');
    const media = await intake.fromUpload(TENANT, 'document', file, 'Offer for عميل');
    await file.content.discard();
    expect(media.filename).toBe('Offer for عميل.pdf');
    expect(document.equals(await stored(media.storageKey))).toBe(true);
  });

  it('tells what is wrong with an upload without storing it, and says the same when asked to store it', async () => {
    const file = await upload(html(), 'page.jpg', 'text/html');
    const faults = await intake.faultsOf('image', file);
    expect(faults).toEqual({
      media_file: [
        'The file was declared as text/html, which is not a JPEG image.',
        "The file's content is not a JPEG image.",
      ],
    });
    await expect(intake.fromUpload(TENANT, 'image', file)).rejects.toMatchObject({ status: 422, details: faults });
    expect(await folder.stored()).toEqual([]);
  });

  it('converts WebP, and names and hashes the result', async () => {
    const media = await intake.fromUpload(TENANT, 'image', await upload(await webp(), 'sticker.webp', 'image/webp'));
    const content = await stored(media.storageKey);
    expect(media).toMatchObject({ mimeType: 'image/jpeg', filename: 'sticker.jpg', sha256: hash(content) });
    await expect(sharp(content).metadata()).resolves.toMatchObject({ format: 'jpeg' });
    const transparent = await intake.fromUpload(TENANT, 'image', await upload(await webpWithAlpha(), 'logo.webp'));
    expect(transparent).toMatchObject({ mimeType: 'image/png', filename: 'logo.png' });
  });

  it('refuses a WebP that cannot be converted, on its field', async () => {
    const animated = await animatedWebp();
    await expect(intake.fromUpload(TENANT, 'image', await upload(animated, 'a.webp'))).rejects.toMatchObject({
      status: 422,
      details: { media_file: ['Animated WebP images cannot be sent.'] },
    });
    await expect(intake.fromUrl(TENANT, 'image', server.file('/a.webp', animated))).rejects.toMatchObject({
      status: 422,
      details: { media_url: ['Animated WebP images cannot be sent.'] },
    });
    expect(await folder.stored()).toEqual([]);
  });

  it('downloads and re-hosts a URL', async () => {
    const picture = await jpeg();
    const url = server.file('/download', picture, {
      'Content-Type': 'image/jpeg',
      'Content-Disposition': 'inline; filename="beach.jpeg"',
    });
    const media = await intake.fromUrl(TENANT, 'image', url);
    expect(media).toMatchObject({ filename: 'beach.jpeg', mimeType: 'image/jpeg', sha256: hash(picture) });
    expect(picture.equals(await stored(media.storageKey))).toBe(true);
    const unnamed = await intake.fromUrl(TENANT, 'image', server.file('/', picture));
    expect(unnamed.filename).toBe('image.jpg');
  });

  it('refuses a URL on media_url, for the address and for the file', async () => {
    await expect(intake.fromUrl(TENANT, 'image', 'ftp://example.com/a.jpg')).rejects.toMatchObject({
      status: 422,
      details: { media_url: ['The URL must begin with http:// or https://.'] },
    });
    const page = server.file('/a.jpg', html(), { 'Content-Type': 'text/html' });
    await expect(intake.fromUrl(TENANT, 'image', page)).rejects.toMatchObject({
      status: 422,
      details: { media_url: [expect.stringContaining('text/html'), expect.stringContaining('not a JPEG image')] },
    });
    const empty = server.file('/empty.jpg', Buffer.alloc(0));
    await expect(intake.fromUrl(TENANT, 'image', empty)).rejects.toMatchObject({
      details: { media_url: ['The file must not be empty.'] },
    });
    const broken = server.file('/large.pdf', randomBytes(1_000_000));
    await expect(intake.fromUrl(TENANT, 'document', broken)).rejects.toMatchObject({ status: 422 });
    expect(await folder.stored()).toEqual([]);
  });

  it('removes its file when the message was not stored, and keeps it when it was', async () => {
    const file = await upload(await jpeg(), 'a.jpg');
    const undone = await intake.fromUpload(TENANT, 'image', file);
    await intake.settle(undone, null);
    expect(await folder.stored()).toEqual([]);
    const kept = await intake.fromUpload(TENANT, 'image', file);
    await intake.settle(kept, kept.storageKey);
    expect(await folder.stored()).toEqual([kept.storageKey]);
  });

  it('removes its own copy, and no other, when the same content was stored already', async () => {
    const picture = await jpeg();
    const first = await intake.fromUpload(TENANT, 'image', await upload(picture, 'a.jpg'));
    const second = await intake.fromUpload(TENANT, 'image', await upload(picture, 'b.jpg'));
    expect(second.storageKey).not.toBe(first.storageKey);
    await intake.settle(second, first.storageKey);
    expect(await folder.stored()).toEqual([first.storageKey]);
    await intake.settle(first, first.storageKey);
    expect(await folder.stored()).toEqual([first.storageKey]);
  });

  it('writes nothing for content that it saw stored a moment ago, and never removes that file', async () => {
    const picture = await jpeg();
    const first = await intake.fromUpload(TENANT, 'image', await upload(picture, 'a.jpg'));
    await intake.settle(first, first.storageKey);
    const again = await intake.fromUpload(TENANT, 'image', await upload(picture, 'b.jpg'));
    expect(again).toMatchObject({ stored: false, storageKey: first.storageKey, filename: 'b.jpg' });
    await intake.settle(again, null);
    expect(await folder.stored()).toEqual([first.storageKey]);
    const ofAnother = await intake.fromUpload(TENANT + 1, 'image', await upload(picture, 'a.jpg'));
    expect(ofAnother.stored).toBe(true);
  });

  it('stores the same content many times at once without harm', async () => {
    const picture = await jpeg();
    const all = await Promise.all(
      Array.from({ length: 10 }, async (_, index) =>
        intake.fromUpload(TENANT, 'image', await upload(picture, `${index}.jpg`)),
      ),
    );
    const [kept] = all;
    await Promise.all(
      all.map((media, index) => intake.settle(media, index % 3 === 2 ? null : (kept?.storageKey ?? null))),
    );
    expect(await folder.stored()).toEqual([kept?.storageKey]);
    expect(picture.equals(await stored(kept?.storageKey ?? ''))).toBe(true);
  });

  it('answers 503 when the disk is full, for uploads and URLs, and leaves nothing', async () => {
    const full = intakeOn(new FullDisk(folder.settings));
    const unavailable = { status: 503, code: 'SERVICE_UNAVAILABLE' };
    await expect(full.fromUpload(TENANT, 'image', await upload(await jpeg(), 'a.jpg'))).rejects.toMatchObject(
      unavailable,
    );
    const url = server.file('/a.pdf', padded(pdf(), 1_000_000));
    await expect(full.fromUrl(TENANT, 'document', url)).rejects.toMatchObject(unavailable);
    expect(await folder.stored()).toEqual([]);
  });
});
