import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Fields } from '../graph/read-params.js';
import { list } from '../testing/callback-receiver.js';
import { AccountDriver, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('the page', () => {
  let driver: SandboxDriver;
  let account: AccountDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());
  beforeEach(async () => {
    account = await driver.account({ number: { enforce_window: false } });
    await account.freeze();
  });

  const page = (path: string) => driver.call('GET', `/page/${account.numberId}${path}`);
  const bubbles = async (): Promise<Fields[]> => {
    const { body } = await page('/conversations');
    const [conversation] = list(body['data']);
    return list((await page(`/conversations/${String(conversation?.['user_id'])}`)).body['data']);
  };

  it('and all it loads come from here, and nothing else may run', async () => {
    const index = await fetch(`${driver.url}/`);
    const html = await index.text();
    expect(index.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      expect(address).toMatch(/^\/page\/static\//);
      expect((await fetch(driver.url + address)).status).toBe(200);
    }
    expect(html).not.toMatch(/<script(?![^>]*src=)|style="|onclick=/);
  });

  it('shows texts, ticks and errors', async () => {
    await account.inbound({ text: 'Hi', profile_name: 'Ana' });
    await account.accepted(TEXT);
    await account.accepted({ ...TEXT, to: '+15551131026' });
    await account.advance(0.6);
    const { body } = await page('/conversations');
    expect(list(body['data'])).toMatchObject([
      { wa_id: '15551131026', last: { status: 'failed', error: '131026: Message undeliverable' } },
      { wa_id: '16505551234', name: 'Ana', last: { text: 'Hello', status: 'delivered', direction: 'out' } },
    ]);
  });

  it('shows a template with its values, and a one-time code to copy', async () => {
    const parameters = [{ type: 'text', text: '123456' }];
    const components = [
      { type: 'body', parameters },
      { type: 'button', sub_type: 'url', index: '0', parameters },
    ];
    await account.accepted({
      type: 'template',
      template: { name: 'verification_code', language: { code: 'en_US' }, components },
    });
    expect(await bubbles()).toMatchObject([
      {
        text: '*123456* is your verification code. For your security, do not share this code.',
        footer: 'This code expires in 10 minutes.',
        buttons: [{ kind: 'copy_code', text: 'Copy code', value: '123456' }],
      },
    ]);
  });

  it('shows the answers of an interactive message and what the customer picked', async () => {
    const reply = { id: 'yes', title: 'Yes' };
    const interactive = {
      type: 'button',
      header: { type: 'text', text: 'Delivery' },
      body: { text: 'Today?' },
      action: { buttons: [{ type: 'reply', reply }] },
    };
    const wamid = await account.accepted({ type: 'interactive', interactive });
    await account.inbound({
      type: 'interactive',
      text: undefined,
      interactive: { type: 'button_reply', button_reply: reply },
      context_message_id: wamid,
    });
    expect(await bubbles()).toMatchObject([
      { header: 'Delivery', text: 'Today?', buttons: [{ kind: 'reply', text: 'Yes', value: 'yes' }] },
      { direction: 'in', text: 'Yes', quoted: wamid },
    ]);
  });

  it('shows the list of an interactive message behind its button', async () => {
    const sections = [
      { title: 'Today', rows: [{ id: 'a', title: 'Noon', description: 'At twelve' }] },
      { title: 'Tomorrow', rows: [{ id: 'b', title: 'Morning' }] },
    ];
    await account.accepted({
      type: 'interactive',
      interactive: { type: 'list', body: { text: 'When?' }, action: { button: 'Choose', sections } },
    });
    expect(await bubbles()).toMatchObject([
      {
        text: 'When?',
        buttons: [],
        list: {
          button: 'Choose',
          sections: [sections[0], { title: 'Tomorrow', rows: [{ id: 'b', title: 'Morning', description: null }] }],
        },
      },
    ]);
  });

  it('shows the picture', async () => {
    const png = Buffer.from('\x89PNG\r\n\x1a\nand so on', 'latin1');
    const { body } = await account.upload(png, 'image/png');
    await account.accepted({ type: 'image', image: { id: body['id'], caption: 'Look' } });
    const [bubble] = await bubbles();
    expect(bubble).toMatchObject({ text: 'Look', media: { kind: 'image', size: png.length } });
    const url = String(Reflect.get(Object(bubble?.['media']), 'url'));
    const picture = await fetch(driver.url + url);
    expect(picture.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(png);
  });

  it('gives files that are no pictures as downloads only', async () => {
    const { body } = await account.upload(Buffer.from('<script>alert(1)</script>'), 'text/plain');
    await account.accepted({ type: 'document', document: { id: body['id'], filename: 'a.html' } });
    const [bubble] = await bubbles();
    const file = await fetch(driver.url + String(Reflect.get(Object(bubble?.['media']), 'url')));
    expect(file.headers.get('content-type')).toBe('application/octet-stream');
    expect(file.headers.get('content-disposition')).toBe('attachment');
    await file.arrayBuffer();
  });

  it('is told at once what is new', async () => {
    const abort = new AbortController();
    const stream = await fetch(`${driver.url}/page/${account.numberId}/events`, { signal: abort.signal });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const reader = stream.body?.getReader();
    if (reader === undefined) throw new Error('no stream');
    await account.accepted({ type: 'text', text: { body: 'Live é' } });
    let seen = '';
    while (!seen.includes('event: bubble')) {
      const chunk: { value?: unknown; done: boolean } = await reader.read();
      if (chunk.done) throw new Error('the stream ended');
      if (chunk.value instanceof Uint8Array) seen += new TextDecoder().decode(chunk.value);
    }
    expect(seen).toContain('"text":"Live é"');
    abort.abort();
  });

  it('knows no number that is not there', async () => {
    expect((await driver.call('GET', '/page/1/conversations')).status).toBe(404);
  });
});
