import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ERROR_TABLE } from '../graph/error-table.js';
import type { Fields } from '../graph/read-params.js';
import { list } from '../testing/callback-receiver.js';
import { AccountDriver, errorCode, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';
import { magicError } from './magic-recipients.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('faults', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());
  beforeEach(async () => {
    account = await driver.account({ number: { enforce_window: false } });
  });

  const fault = (draft: Fields): Promise<Fields> => account.number('POST', '/faults', draft);
  const accepted = async (): Promise<number> => Number((await account.number('GET', '/stats'))['accepted']);
  const lastRequest = async (): Promise<Fields | undefined> => {
    const { data } = await driver.control('GET', `/requests?phone_number_id=${account.numberId}`);
    return list(data).at(-1);
  };

  it('accept_then_drop: the message counts, the connection breaks, the statuses come', async () => {
    await fault({ kind: 'accept_then_drop', count: 1 });
    await expect(account.send({ ...TEXT, biz_opaque_callback_data: 'm=1;a=1' })).rejects.toThrow();
    expect(await accepted()).toBe(1);
    expect(await lastRequest()).toMatchObject({ outcome: 'accepted', http_status: null, fault: 'accept_then_drop' });
    await account.advance(10);
    const wamid = String((await lastRequest())?.['wamid']);
    expect(await account.statuses(wamid)).toEqual(['sent', 'delivered', 'read']);
    expect((await account.send(TEXT)).status).toBe(200);
  });

  it('drop_before_accept: the connection breaks and nothing was accepted', async () => {
    await fault({ kind: 'drop_before_accept', count: 1 });
    await expect(account.send(TEXT)).rejects.toThrow();
    expect(await accepted()).toBe(0);
    expect(await lastRequest()).toMatchObject({ outcome: 'dropped', wamid: null });
  });

  it.each(['delay', 'delay_after_accept'])('%s: the answer comes late', async (kind) => {
    await fault({ kind, delay_ms: 80, count: 1 });
    const began = performance.now();
    expect((await account.send(TEXT)).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThanOrEqual(75);
  });

  it('delay_after_accept: the message is accepted long before the answer', async () => {
    await fault({ kind: 'delay_after_accept', delay_ms: 300, count: 1 });
    const sending = account.send(TEXT);
    await driver.control('GET', `/wait?kind=message&phone_number_id=${account.numberId}`);
    expect(await Promise.race([sending.then(() => 'answered'), accepted()])).toBe(1);
    await sending;
  });

  it('http_500: without a body, or with a Graph error', async () => {
    await fault({ kind: 'http_500', count: 1 });
    expect(await account.send(TEXT)).toMatchObject({ status: 500, text: '' });
    await fault({ kind: 'http_500', graph_body: true, count: 1 });
    const answer = await account.send(TEXT);
    expect([answer.status, errorCode(answer)]).toEqual([500, 131000]);
    expect(await accepted()).toBe(0);
  });

  it('html_502: a proxy answers', async () => {
    await fault({ kind: 'html_502', count: 1 });
    const answer = await account.send(TEXT);
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('<html>');
    expect(await accepted()).toBe(0);
  });

  it('wrong_json: accepted, but the answer is cut', async () => {
    await fault({ kind: 'wrong_json', count: 1 });
    await expect(account.send(TEXT)).rejects.toThrow(SyntaxError);
    expect(await accepted()).toBe(1);
  });

  it('slow_body: the answer trickles in', async () => {
    await fault({ kind: 'slow_body', delay_ms: 100, count: 1 });
    const began = performance.now();
    expect(list((await account.send(TEXT)).body['messages'])).toHaveLength(1);
    expect(performance.now() - began).toBeGreaterThanOrEqual(90);
  });

  it('error: any code, at once or later, with any HTTP status', async () => {
    await fault({ kind: 'error', code: 130429, http_status: 429, count: 1 });
    const answer = await account.send(TEXT);
    expect([answer.status, errorCode(answer)]).toEqual([429, 130429]);
    await fault({ kind: 'error', code: 131009, details: 'Not so.', count: 1 });
    expect((await account.send(TEXT)).text).toContain('"details":"Not so."');
    await fault({ kind: 'error', code: 131026, mode: 'async', count: 1 });
    const wamid = await account.accepted(TEXT);
    await account.advance(1);
    expect(await account.message(wamid)).toMatchObject({ error_code: 131026, statuses: [{ status: 'failed' }] });
  });

  it('hit only as often, and only whom, they are meant for', async () => {
    await fault({ kind: 'error', code: 131000, count: 2 });
    const codes = [];
    for (let count = 0; count < 3; count++) codes.push(errorCode(await account.send(TEXT)));
    expect(codes).toEqual([131000, 131000, null]);
    await fault({ kind: 'error', code: 131016, to: '+1 (650) 555-7777' });
    await fault({ kind: 'error', code: 131005, type: 'location' });
    expect(errorCode(await account.send(TEXT))).toBeNull();
    expect(errorCode(await account.send({ ...TEXT, to: '+16505557777' }))).toBe(131016);
    expect(errorCode(await account.send({ type: 'location', location: { latitude: 1, longitude: 1 } }))).toBe(131005);
    const other = await driver.account();
    expect((await other.send({ ...TEXT, to: '+16505557777' })).status).toBe(200);
  });

  it('hit with a probability drawn from the seed', async () => {
    await account.number('PATCH', '', { pair_limit: { burst: 1000 }, throughput: 1000 });
    await fault({ kind: 'http_500', probability: 0.5 });
    let failed = 0;
    for (let count = 0; count < 60; count++) failed += (await account.send(TEXT)).status === 500 ? 1 : 0;
    expect(failed).toBeGreaterThan(12);
    expect(failed).toBeLessThan(48);
  });

  it('are listed and removed', async () => {
    const first = await fault({ kind: 'http_500' });
    await fault({ kind: 'html_502' });
    expect(list((await account.number('GET', '/faults'))['data'])).toHaveLength(2);
    await account.number('DELETE', `/faults/${String(first['id'])}`);
    expect((await account.send(TEXT)).status).toBe(502);
    await account.number('DELETE', '/faults');
    expect((await account.send(TEXT)).status).toBe(200);
  });

  it('hit uploads when they are put on media', async () => {
    await fault({ kind: 'http_500', on: 'media', count: 1 });
    expect((await account.send(TEXT)).status).toBe(200);
    expect((await account.upload(Buffer.from('hello'), 'text/plain')).status).toBe(500);
    expect((await account.upload(Buffer.from('hello'), 'text/plain')).status).toBe(200);
  });

  it.each<[string, Fields]>([
    ['an unknown kind', { kind: 'earthquake' }],
    ['an error without a code', { kind: 'error' }],
    ['a probability above 1', { kind: 'delay', probability: 1.1 }],
    ['a misspelled key', { kind: 'delay', delayms: 10 }],
  ])('are refused with %s', async (_name, draft) => {
    const answer = await driver.call('POST', `/control/phone_numbers/${account.numberId}/faults`, draft);
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toEqual(expect.any(String));
  });
});

describe('magic recipients', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
    account = await driver.account({ number: { enforce_window: false, throughput: 1000 } });
  });
  afterAll(() => driver.close());

  const withSixDigits = [...ERROR_TABLE.keys()].filter((code) => code < 1_000_000);

  it('force every code of the error table at once', async () => {
    const answers = await Promise.all(
      withSixDigits.map((code) => account.send({ ...TEXT, to: `+15550${String(code).padStart(6, '0')}` })),
    );
    const expected = withSixDigits.map((code) => [ERROR_TABLE.get(code)?.http, code]);
    expect(answers.map((answer) => [answer.status, errorCode(answer)])).toEqual(expected);
  });

  it('force every code of the error table later', async () => {
    await account.freeze();
    const numbers = withSixDigits.map((code) => `15551${String(code).padStart(6, '0')}`);
    await Promise.all(numbers.map((to) => account.accepted({ ...TEXT, to: `+${to}` })));
    await account.advance(1);
    const { data } = await driver.control('GET', `/messages?phone_number_id=${account.numberId}`);
    const codes = new Map(list(data).map((message) => [message['wa_id'], message['error_code']]));
    expect(numbers.map((to) => codes.get(to))).toEqual(withSixDigits);
  });

  it('are US numbers with a code of the table; all others are ordinary', () => {
    expect(magicError('15550131056')).toEqual({ code: 131056, mode: 'sync' });
    expect(magicError('15551000190')).toEqual({ code: 190, mode: 'async' });
    for (const digits of ['15550999999', '15552131056', '1555013105', '155501310560', '25550131056', '16505551234']) {
      expect(magicError(digits)).toBeNull();
    }
  });
});
