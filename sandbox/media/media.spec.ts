import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Fields } from '../graph/read-params.js';
import { addressOf } from '../testing/callback-receiver.js';
import { AccountDriver, errorCode, SandboxDriver } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

const PNG_HEAD = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const JPEG_HEAD = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const WEBP_HEAD = Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1');
const ANIMATED_WEBP_HEAD = Buffer.from('RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x02', 'latin1');
const MEGABYTE = 1024 * 1024;
const DAY = 86_400;

/** A file that begins like one of its kind and has exactly this size. */
function file(head: Buffer, size: number): Buffer {
  return Buffer.concat([head, Buffer.alloc(size - head.length, 'x')]);
}

/** Serves files by path; counts how often each was asked for. */
class FileServer {
  readonly hits = new Map<string, number>();
  readonly #files = new Map<string, { status: number; type: string; bytes: Buffer; location?: string }>();
  readonly server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    this.hits.set(path, (this.hits.get(path) ?? 0) + 1);
    const found = this.#files.get(path);
    response.writeHead(found?.status ?? 404, {
      'content-type': found?.type ?? 'text/plain',
      ...(found?.location === undefined ? {} : { location: found.location }),
    });
    response.end(found?.bytes);
  });

  put(path: string, type: string, bytes: Buffer, status = 200, location?: string): string {
    this.#files.set(path, { status, type, bytes, location });
    return `http://127.0.0.1:${addressOf(this.server).port}${path}`;
  }
}

describe('media', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;
  const files = new FileServer();

  beforeAll(async () => {
    driver = await SandboxDriver.start();
    await new Promise<void>((resolve) => files.server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await driver.close();
    files.server.closeAllConnections();
    await new Promise((resolve) => files.server.close(resolve));
  });
  beforeEach(async () => {
    account = await driver.account({ number: { enforce_window: false } });
  });

  const picture = file(PNG_HEAD, 1000);
  const uploaded = async (bytes = picture, type = 'image/png'): Promise<string> => {
    const answer = await account.upload(bytes, type);
    if (answer.status !== 200) throw new Error(answer.text);
    return String(answer.body['id']);
  };
  const describeMedia = (id: string) => account.graph('GET', `/${id}`);
  /** Sends a link and gives the record of the message when it has its first status. */
  const sendLink = async (kind: string, link: string): Promise<Fields> => {
    const wamid = await account.accepted({ type: kind, [kind]: { link } });
    const where = `phone_number_id=${account.numberId}&wamid=${encodeURIComponent(wamid)}`;
    await driver.control('GET', `/wait?kind=status&${where}`);
    return account.message(wamid);
  };

  describe('that are uploaded', () => {
    it('are described, downloaded with the token, and deleted', async () => {
      const id = await uploaded();
      const { body } = await describeMedia(id);
      expect(body).toEqual({
        messaging_product: 'whatsapp',
        url: expect.stringContaining(driver.url),
        mime_type: 'image/png',
        sha256: createHash('sha256').update(picture).digest('hex'),
        file_size: '1000',
        id,
      });
      const url = String(body['url']);
      expect((await fetch(url)).status).toBe(403);
      const download = await fetch(url, { headers: account.authorization });
      expect(download.headers.get('content-type')).toBe('image/png');
      expect(Buffer.from(await download.arrayBuffer())).toEqual(picture);
      expect(await account.graph('DELETE', `/${id}`)).toMatchObject({ status: 200, body: { success: true } });
      expect(errorCode(await describeMedia(id))).toBe(100);
    });

    it('have a download address for 5 minutes and an id for 30 days', async () => {
      const id = await uploaded();
      const url = String((await describeMedia(id)).body['url']);
      const statusOf = async (): Promise<number> => (await fetch(url, { headers: account.authorization })).status;
      await account.freeze();
      await account.advance(290);
      expect(await statusOf()).toBe(200);
      await account.advance(15);
      expect(await statusOf()).toBe(404);
      await account.advance(30 * DAY - 400);
      expect((await describeMedia(id)).status).toBe(200);
      await account.advance(200);
      expect(errorCode(await describeMedia(id))).toBe(100);
    });

    it('belong to the number and the account that uploaded them', async () => {
      const id = await uploaded();
      const other = await driver.account();
      expect(errorCode(await other.graph('GET', `/${id}`))).toBe(100);
      expect(errorCode(await other.send({ type: 'image', image: { id } }))).toBe(131009);
      expect(errorCode(await account.graph('GET', `/${id}?phone_number_id=${other.numberId}`))).toBe(100);
      expect((await account.graph('GET', `/${id}?phone_number_id=${account.numberId}`)).status).toBe(200);
    });

    it('are sent by id, and refused when the id is unknown', async () => {
      const wamid = await account.accepted({ type: 'image', image: { id: await uploaded() } });
      expect(await account.message(wamid)).toMatchObject({
        media: {
          source: 'id',
          mime_type: 'image/png',
          file_size: 1000,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      });
      expect(errorCode(await account.send({ type: 'image', image: { id: '123' } }))).toBe(131009);
    });

    it('fail with 131053 when sent as another kind', async () => {
      await account.freeze();
      const wamid = await account.accepted({ type: 'sticker', sticker: { id: await uploaded() } });
      await account.advance(1);
      expect(await account.message(wamid)).toMatchObject({ error_code: 131053, statuses: [{ status: 'failed' }] });
    });

    it.each<[string, string, Buffer, Buffer]>([
      ['image 5 MB', 'image/jpeg', file(JPEG_HEAD, 5 * MEGABYTE), file(JPEG_HEAD, 5 * MEGABYTE + 1)],
      ['static sticker 100 KB', 'image/webp', file(WEBP_HEAD, 100 * 1024), file(WEBP_HEAD, 100 * 1024 + 1)],
      [
        'animated sticker 500 KB',
        'image/webp',
        file(ANIMATED_WEBP_HEAD, 500 * 1024),
        file(ANIMATED_WEBP_HEAD, 500 * 1024 + 1),
      ],
      [
        'audio 16 MB',
        'audio/aac',
        file(JPEG_HEAD.subarray(0, 0), 16 * MEGABYTE),
        file(JPEG_HEAD.subarray(0, 0), 16 * MEGABYTE + 1),
      ],
    ])('may have %s and no byte more', async (_name, type, fits, exceeds) => {
      expect((await account.upload(fits, type)).status).toBe(200);
      expect(errorCode(await account.upload(exceeds, type))).toBe(100);
    });

    it.each<[string, string, Buffer]>([
      ['a type that is not allowed', 'image/gif', Buffer.from('GIF89a')],
      ['an empty file', 'text/plain', Buffer.alloc(0)],
      ['a web page named picture', 'image/png', Buffer.from('<html></html>')],
      ['a JPEG declared as PNG', 'image/png', file(JPEG_HEAD, 100)],
    ])('are refused for %s', async (_name, type, bytes) => {
      expect(errorCode(await account.upload(bytes, type))).toBe(100);
    });

    it('are refused without file, without product, and without a token', async () => {
      const url = `${driver.url}/v26.0/${account.numberId}/media`;
      const post = async (form: FormData, headers: Record<string, string>): Promise<number> =>
        (await fetch(url, { method: 'POST', body: form, headers })).status;
      const form = new FormData();
      form.set('file', new Blob(['hello'], { type: 'text/plain' }), 'a.txt');
      expect(await post(form, account.authorization)).toBe(400);
      form.set('messaging_product', 'whatsapp');
      expect(await post(form, { authorization: 'Bearer nonsense' })).toBe(401);
      expect(await post(form, account.authorization)).toBe(200);
      form.delete('file');
      expect(await post(form, account.authorization)).toBe(400);
    });
  });

  describe('of inbound messages', () => {
    it('can be downloaded for 7 days', async () => {
      const record = await account.inbound({
        type: 'image',
        text: undefined,
        media: { bytes_base64: picture.toString('base64'), mime_type: 'image/png', caption: 'Look' },
      });
      const { data } = await driver.control('GET', `/inbound?phone_number_id=${account.numberId}`);
      const body: unknown = JSON.parse(String(Reflect.get(Object(Array.isArray(data) ? data[0] : null), 'body')));
      expect(body).toMatchObject({ id: record['message_id'], image: { mime_type: 'image/png', caption: 'Look' } });
      const id = String(Reflect.get(Object(Reflect.get(Object(body), 'image')), 'id'));
      expect((await describeMedia(id)).status).toBe(200);
      await account.advance(7 * DAY);
      expect(errorCode(await describeMedia(id))).toBe(100);
    });
  });

  describe('sent by link', () => {
    it('are fetched; size and hash are recorded and the bytes can be seen', async () => {
      const message = await sendLink('image', files.put('/good.png', 'image/png', picture));
      const sha256 = createHash('sha256').update(picture).digest('hex');
      expect(message).toMatchObject({
        error_code: null,
        media: {
          source: 'link',
          mime_type: 'image/png',
          file_size: 1000,
          sha256,
          asset_url: `/control/assets/${sha256}`,
        },
      });
      const asset = await fetch(`${driver.url}/control/assets/${sha256}`);
      expect(Buffer.from(await asset.arrayBuffer())).toEqual(picture);
      expect(asset.headers.get('content-type')).toBe('image/png');
    });

    it('are fetched once in 10 minutes for the same address, again for another query string', async () => {
      const link = files.put('/cached.png', 'image/png', picture);
      await account.freeze();
      const send = async (url: string): Promise<void> => {
        const wamid = await account.accepted({ type: 'image', image: { link: url } });
        await account.advance(1);
        const where = `phone_number_id=${account.numberId}&wamid=${encodeURIComponent(wamid)}`;
        await driver.control('GET', `/wait?kind=status&${where}`);
      };
      await send(link);
      await send(link);
      await account.advance(590);
      await send(link);
      expect(files.hits.get('/cached.png')).toBe(1);
      await account.advance(10);
      await send(link);
      expect(files.hits.get('/cached.png')).toBe(2);
      files.put('/cached.png?v=2', 'image/png', picture);
      await send(`${link}?v=2`);
      expect(files.hits.get('/cached.png?v=2')).toBe(1);
    });

    it.each<[string, string, string, Buffer, number]>([
      ['is not there', 'image', 'image/png', picture, 404],
      ['has a type that is not allowed', 'image', 'image/gif', Buffer.from('GIF89a'), 200],
      ['is a page', 'image', 'text/html', Buffer.from('<html></html>'), 200],
      ['is not what its type says', 'image', 'image/jpeg', picture, 200],
      ['is empty', 'image', 'image/png', Buffer.alloc(0), 200],
      ['is one byte too big', 'image', 'image/png', file(PNG_HEAD, 5 * MEGABYTE + 1), 200],
      ['is a picture sent as video', 'video', 'image/png', picture, 200],
    ])('fail with 131053 when the file %s', async (name, kind, type, bytes, status) => {
      const link = files.put(`/${name.replace(/ /g, '-')}`, type, bytes, status);
      expect(await sendLink(kind, link)).toMatchObject({ error_code: 131053, statuses: [{ status: 'failed' }] });
    });

    it('fail with 131053 when nobody answers', async () => {
      expect(await sendLink('image', 'http://127.0.0.1:1/a.png')).toMatchObject({ error_code: 131053 });
    });

    it('may be exactly as big as allowed, and sit behind a redirect', async () => {
      const target = files.put('/big.png', 'image/png', file(PNG_HEAD, 5 * MEGABYTE));
      const link = files.put('/moved.png', 'text/plain', Buffer.alloc(0), 302, target);
      expect(await sendLink('image', link)).toMatchObject({ error_code: null, media: { file_size: 5 * MEGABYTE } });
    });
  });

  it('keep no more bytes than the setting, the newest last', async () => {
    const small = await SandboxDriver.start({ mediaBytes: 2500 });
    const owner = await small.account();
    const ids: string[] = [];
    for (const letter of ['a', 'b', 'c']) {
      const answer = await owner.upload(Buffer.from(letter.repeat(1000)), 'text/plain');
      ids.push(String(answer.body['id']));
    }
    const statuses = await Promise.all(
      ids.map(async (id) => {
        const { body } = await owner.graph('GET', `/${id}`);
        return (await fetch(String(body['url']), { headers: owner.authorization })).status;
      }),
    );
    expect(statuses).toEqual([404, 200, 200]);
    await small.close();
  });
});
