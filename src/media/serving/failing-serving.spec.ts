import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawConnection } from '../../platform/http/testing/raw-exchange.js';
import { type StartedApi, startApi } from '../../platform/http/testing/start-api.js';
import { MediaLinks } from '../media-links.js';
import { type LinkedFile, MediaRepository } from '../media-repository.js';
import { ReceivedContent } from '../received-content.js';
import { MediaStore } from '../storage/media-store.js';
import { newStorageKey } from '../storage/storage-key.js';
import { MediaFolder } from '../testing/media-folder.js';
import { MediaController } from './media.controller.js';

const STALL_MS = 500;

class ImpatientController extends MediaController {
  protected override readonly stallMs = STALL_MS;
}

/** More than the buffers of a loopback connection take. */
const content = Buffer.alloc(32 * 1024 * 1024, 'media');
const PATH = `/media/${'A'.repeat(24)}/photo.jpg`;
const GET = `GET ${PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

describe('a media file that is not served as asked', () => {
  let folder: MediaFolder;
  let api: StartedApi;

  beforeEach(async () => {
    folder = await MediaFolder.create();
    const sha256 = createHash('sha256').update(content).digest();
    const file: LinkedFile = {
      filename: 'photo.jpg',
      mime_type: 'image/jpeg',
      size_bytes: content.length,
      sha256,
      storage_key: newStorageKey(1, sha256, 'jpg'),
      created_at: new Date(),
      expires_in_s: null,
      signed: false,
    };
    await folder.store.put(file.storage_key, ReceivedContent.ofBuffer(content), file.mime_type);
    api = await startApi({
      controllers: [ImpatientController],
      providers: [
        { provide: MediaRepository, useValue: { findByPublicId: () => Promise.resolve(file) } },
        { provide: MediaStore, useValue: folder.store },
        { provide: MediaLinks, useValue: {} },
      ],
    });
  });
  afterEach(async () => {
    await api.stop();
    await folder.remove();
  });

  const closed = async (): Promise<void> => {
    while (folder.openFiles().length > 0) await delay(10);
  };

  it('is closed when its reader stops reading', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send(GET);
    await connection.until('HTTP/1.1 200 OK');
    connection.socket.pause();
    expect(folder.openFiles()).toHaveLength(1);
    await closed();
    connection.socket.resume();
    expect((await connection.untilClosed()).length).toBeLessThan(content.length);
  });

  it('comes whole to a slow reader, however long that takes', async () => {
    const connection = await RawConnection.open(api.url);
    const { socket } = connection;
    const from = performance.now();
    let taken = 0;
    socket.on('data', (text: string) => {
      taken += text.length;
      if (taken < 4 * 1024 * 1024) return;
      taken = 0;
      socket.pause();
      setTimeout(() => socket.resume(), STALL_MS / 4);
    });
    connection.send(GET);
    const answer = await connection.untilClosed();
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(content.length);
    expect(performance.now() - from).toBeGreaterThan(STALL_MS);
    await closed();
  });

  it('is answered 416 in the envelope, with its size, when it has no such range', async () => {
    const answer = await fetch(api.url + PATH, { headers: { Range: `bytes=${content.length}-` } });
    expect(answer.status).toBe(416);
    expect(await answer.json()).toMatchObject({ success: false, error: { code: 'RANGE_NOT_SATISFIABLE' } });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-range': `bytes */${content.length}`,
      'content-type': 'application/json; charset=utf-8',
    });
    for (const name of ['etag', 'cache-control', 'content-disposition', 'last-modified']) {
      expect(answer.headers.get(name)).toBeNull();
    }
  });

  it('has its last byte', async () => {
    const answer = await fetch(api.url + PATH, { headers: { Range: `bytes=${content.length - 1}-` } });
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([206, 1]);
  });
});
