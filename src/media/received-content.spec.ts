import { createHash, randomBytes } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContentReceiver, HEAD_BYTES, MAX_BYTES_IN_MEMORY, type ReceivedContent } from './received-content.js';
import { MediaFolder } from './testing/media-folder.js';

describe('content that comes in', () => {
  let folder: MediaFolder;
  beforeEach(async () => (folder = await MediaFolder.create()));
  afterEach(() => folder.remove());

  async function receive(content: Buffer, pieceBytes: number, maxBytes = 10_000_000): Promise<ReceivedContent> {
    const receiver = new ContentReceiver(folder.tempFiles, maxBytes);
    for (let at = 0; at < content.length; at += pieceBytes) await receiver.write(content.subarray(at, at + pieceBytes));
    return receiver.finish();
  }

  async function whole(content: ReceivedContent): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of content.chunks()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  it.each([
    ['nothing', 0, 1000],
    ['one byte', 1, 1000],
    ['one piece', 1000, 1000],
    ['several pieces', 100_000, 65_536],
    ['as much as memory holds', MAX_BYTES_IN_MEMORY, 65_536],
  ])('stays in memory when small: %s', async (_what, bytes, pieceBytes) => {
    const sent = randomBytes(bytes);
    const content = await receive(sent, pieceBytes);
    expect(await folder.temporary()).toEqual([]);
    expect(content.sizeBytes).toBe(bytes);
    expect(content.sha256).toEqual(createHash('sha256').update(sent).digest());
    expect(sent.equals(await whole(content))).toBe(true);
  });

  it.each([
    ['one byte more than memory holds', MAX_BYTES_IN_MEMORY + 1, 65_536],
    ['in one piece', 1_000_000, 1_000_000],
    ['in many small pieces', 1_000_000, 1000],
  ])('goes to a temporary file when larger: %s', async (_what, bytes, pieceBytes) => {
    const sent = randomBytes(bytes);
    const content = await receive(sent, pieceBytes);
    expect(await folder.temporary()).toHaveLength(1);
    expect(content.sha256).toEqual(createHash('sha256').update(sent).digest());
    expect(sent.subarray(0, HEAD_BYTES).equals(content.head)).toBe(true);
    expect(sent.equals(await whole(content))).toBe(true);
    expect(await content.read(bytes - 10, 100)).toEqual(sent.subarray(bytes - 10));
    expect(await content.read(10, 20)).toEqual(sent.subarray(10, 30));
    await content.discard();
    await content.discard();
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });

  it('is not kept beyond the limit, and leaves nothing', async () => {
    const exact = await receive(randomBytes(500_000), 65_536, 500_000);
    expect(exact.sizeBytes).toBe(500_000);
    await exact.discard();
    const receiver = new ContentReceiver(folder.tempFiles, 500_000);
    await receiver.write(randomBytes(500_000));
    expect(receiver.tooLarge).toBe(false);
    await receiver.write(randomBytes(1));
    expect(receiver.tooLarge).toBe(true);
    await receiver.write(randomBytes(1000));
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });

  it('leaves nothing when it is given up', async () => {
    const receiver = new ContentReceiver(folder.tempFiles, 10_000_000);
    await receiver.write(randomBytes(1_000_000));
    await receiver.abort();
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });
});

describe('temporary files that a dead process left', () => {
  it('are removed once nobody has written to them for the given time', async () => {
    const folder = await MediaFolder.create();
    const fresh = await folder.tempFiles.create();
    const stale = join(folder.tempFiles.directory, 'left-behind');
    await writeFile(stale, 'x');
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(stale, anHourAgo, anHourAgo);
    await expect(folder.tempFiles.removeStale(3_601_000)).resolves.toBe(0);
    await expect(folder.tempFiles.removeStale(3_599_000)).resolves.toBe(1);
    expect(await folder.temporary()).toHaveLength(1);
    await fresh.discard();
    await folder.remove();
    await expect(folder.tempFiles.removeStale(0)).resolves.toBe(0);
  });
});
