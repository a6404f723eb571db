import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SandboxDriver, type AccountDriver } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

const PNG_HEAD = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

describe('media with a fault', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;
  beforeAll(async () => {
    driver = await SandboxDriver.start();
    account = await driver.account();
  });
  afterAll(() => driver.close());

  const uploaded = async (): Promise<string> => {
    const answer = await account.upload(Buffer.concat([PNG_HEAD, Buffer.alloc(992, 'x')]), 'image/png');
    return String(answer.body['id']);
  };
  const download = async (id: string): Promise<Response> =>
    fetch(String((await account.graph('GET', `/${id}`)).body['url']), { headers: account.authorization });

  it.each(['media_url', 'media_download'])('on %s are refused with the code that is wanted', async (on) => {
    const id = await uploaded();
    await account.number('POST', '/faults', { kind: 'error', code: 131052, on, count: 1 });
    const answer = on === 'media_url' ? (await account.graph('GET', `/${id}`)).body : await (await download(id)).json();
    expect(answer).toMatchObject({ error: { code: 131052 } });
    expect((await download(id)).status).toBe(200);
  });

  it('break off in the middle with accept_then_drop, and come whole the next time', async () => {
    const id = await uploaded();
    await account.number('POST', '/faults', { kind: 'accept_then_drop', on: 'media_download', count: 1 });
    const answer = await download(id);
    expect(answer.headers.get('content-length')).toBe('1000');
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect((await (await download(id)).arrayBuffer()).byteLength).toBe(1000);
  });

  it('stop in the middle with slow_body', async () => {
    const id = await uploaded();
    await account.number('POST', '/faults', { kind: 'slow_body', delay_ms: 3_600_000, on: 'media_download', count: 1 });
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = (await download(id)).body?.getReader();
    let length = 0;
    while (length < 500) length += (await reader?.read())?.value?.length ?? 0;
    expect(length).toBe(500);
    await reader?.cancel();
  });
});
