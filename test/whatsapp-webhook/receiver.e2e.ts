import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { APP_SECRET_CONTEXT, VERIFY_TOKEN_CONTEXT } from '../../src/whatsapp/connection/secret-contexts.js';
import { baseEnvironment, TEST_SECRETS } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { PlatformProcess } from '../support/platform-process.js';
import { inbound, InboxFixture, newPhone, type FixtureNumber } from './inbox-fixture.js';

const APP_SECRET = 'test_app_secret';
const MAX_BYTES = 4 * 1024 * 1024;
const EMPTY = '{"object":"whatsapp_business_account","entry":[]}';
const ESCAPED = String.raw`{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"messages","value":{"text":"caf\u00e9 \ud83d\udc4d"}}]}]}`;
const ESCAPED_SIGNATURE = 'sha256=e86fa5480a7e900eba4e5b74e5d5d653e56d9b6fc7295bc292cd6f9d0d9b053d';

const sign = (body: string | Buffer, secret = APP_SECRET): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

describe("Meta's callback", () => {
  let inbox: InboxFixture;
  let platform: PlatformProcess;
  let mediaDir: string;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
    mediaDir = await mkdtemp(join(tmpdir(), 'rasl-media-'));
    platform = await PlatformProcess.start({
      role: 'all',
      databaseUrl: inbox.url,
      redisUrl: process.env.TEST_REDIS_URL ?? '',
      redisPrefix: `t${randomBytes(5).toString('hex')}`,
      sandboxUrl: 'http://127.0.0.1:1',
      appSecret: APP_SECRET,
      mediaDir,
    });
  });
  afterAll(async () => {
    await platform.stop();
    await inbox.stop();
    await rm(mediaDir, { recursive: true, force: true });
  });

  const address = (appKey?: string): string =>
    `${platform.apiUrl}/api/v2/whatsapp/webhook${appKey === undefined ? '' : `/${appKey}`}`;

  interface Answer {
    status: number;
    headers: Headers;
    body: { success: boolean; data?: unknown; error?: { code: string } };
    /** The body as it lies in the inbox; null when it was not stored. */
    stored: { app_id: number | null; body: Buffer } | null;
  }

  async function post(body: string | Buffer, options: { signature?: string; appKey?: string } = {}): Promise<Answer> {
    const requestId = randomUUID();
    const response = await fetch(address(options.appKey), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-request-id': requestId,
        ...(options.signature === undefined ? {} : { 'x-hub-signature-256': options.signature }),
      },
      body,
    });
    const [stored] = await inbox.rows<{ app_id: number | null; body: Buffer }>(
      'SELECT app_id, body FROM webhook_inbox WHERE request_id = $1',
      [requestId],
    );
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
      stored: stored ?? null,
    };
  }

  async function ownApp(): Promise<{ id: number; key: string; secret: string; verifyToken: string; tenantId: number }> {
    const tenantId = await inbox.tenant();
    const key = randomBytes(12).toString('hex');
    const [secret, verifyToken] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    const encryption = new Encryption(readSettings(baseEnvironment()));
    const { id } = await inbox.row<{ id: number }>(
      `INSERT INTO whatsapp_apps (tenant_id, app_key, app_secret_encrypted, verify_token_encrypted)
       VALUES ($1, $2, $3, $4) RETURNING id`,
      [
        tenantId,
        key,
        encryption.encrypt(secret, APP_SECRET_CONTEXT),
        encryption.encrypt(verifyToken, VERIFY_TOKEN_CONTEXT),
      ],
    );
    return { id, key, secret, verifyToken, tenantId };
  }

  describe('handshake', () => {
    const ask = (query: Record<string, string> | [string, string][], appKey?: string) =>
      fetch(`${address(appKey)}?${new URLSearchParams(query).toString()}`);
    const right = {
      'hub.mode': 'subscribe',
      'hub.challenge': '1158201444',
      'hub.verify_token': TEST_SECRETS.WHATSAPP_VERIFY_TOKEN,
    };

    it('answers the raw challenge as plain text', async () => {
      const response = await ask({ ...right, 'hub.challenge': '<b>11 58</b>' });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await response.text()).toBe('<b>11 58</b>');
    });

    it("answers for a tenant's own app by its own verify token alone", async () => {
      const app = await ownApp();
      expect((await ask({ ...right, 'hub.verify_token': app.verifyToken }, app.key)).status).toBe(200);
      expect((await ask(right, app.key)).status).toBe(403);
      expect((await ask({ ...right, 'hub.verify_token': app.verifyToken })).status).toBe(403);
    });

    it.each<[string, Record<string, string> | [string, string][]]>([
      ['another token', { ...right, 'hub.verify_token': 'another-token' }],
      ['no token', { 'hub.mode': 'subscribe', 'hub.challenge': '1' }],
      ['an empty token', { ...right, 'hub.verify_token': '' }],
      ['two tokens', [...Object.entries(right), ['hub.verify_token', right['hub.verify_token']]]],
      ['another mode', { ...right, 'hub.mode': 'unsubscribe' }],
      ['no mode', { 'hub.challenge': '1', 'hub.verify_token': right['hub.verify_token'] }],
      ['no challenge', { 'hub.mode': 'subscribe', 'hub.verify_token': right['hub.verify_token'] }],
      ['nothing', {}],
    ])('refuses %s with 403 in the envelope', async (_, query) => {
      const response = await ask(query);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        success: false,
        error: { code: 'FORBIDDEN', message: 'The verify token does not match' },
        meta: { request_id: expect.any(String) as string },
      });
    });

    it('refuses an app key that nobody has as it refuses a wrong token', async () => {
      expect((await ask(right, 'nobody')).status).toBe(403);
    });
  });

  describe('signature', () => {
    it('takes the published vector and stores exactly its bytes', async () => {
      const answer = await post(ESCAPED, { signature: ESCAPED_SIGNATURE });
      expect(answer).toMatchObject({ status: 200, body: { success: true, data: null }, stored: { app_id: null } });
      expect(answer.stored?.body.toString()).toBe(ESCAPED);
    });

    it.each([
      ['missing', EMPTY, undefined],
      ['empty', EMPTY, ''],
      ['of the body written again', JSON.stringify(JSON.parse(ESCAPED)), ESCAPED_SIGNATURE],
      ['of another body', EMPTY, sign(`${EMPTY} `)],
      ['of another secret', EMPTY, sign(EMPTY, 'another_app_secret')],
      ['without its prefix', EMPTY, sign(EMPTY).slice('sha256='.length)],
      ['in upper case', EMPTY, sign(EMPTY).toUpperCase()],
    ])('refuses a signature %s with 401, and stores nothing', async (_, body, signature) => {
      const answer = await post(body, { signature });
      expect(answer).toMatchObject({
        status: 401,
        body: { success: false, error: { code: 'UNAUTHORIZED' } },
        stored: null,
      });
      // RFC 9110, 15.5.2: every 401 carries it.
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    });

    it("takes a tenant's own app on its own path, by its own secret alone", async () => {
      const [app, other] = [await ownApp(), await ownApp()];
      const own = await post(EMPTY, { appKey: app.key, signature: sign(EMPTY, app.secret) });
      expect(own).toMatchObject({ status: 200, stored: { app_id: app.id } });
      for (const secret of [APP_SECRET, other.secret]) {
        expect(await post(EMPTY, { appKey: app.key, signature: sign(EMPTY, secret) })).toMatchObject({
          status: 401,
          stored: null,
        });
      }
      expect(await post(EMPTY, { signature: sign(EMPTY, app.secret) })).toMatchObject({ status: 401, stored: null });
      expect((await post(EMPTY, { appKey: 'nobody', signature: sign(EMPTY, app.secret) })).status).toBe(401);
    });

    it('follows a changed secret', async () => {
      const app = await ownApp();
      expect((await post(EMPTY, { appKey: app.key, signature: sign(EMPTY, app.secret) })).status).toBe(200);
      const sealed = new Encryption(readSettings(baseEnvironment())).encrypt('changed', APP_SECRET_CONTEXT);
      await inbox.rows('UPDATE whatsapp_apps SET app_secret_encrypted = $2 WHERE id = $1', [app.id, sealed]);
      await eventually('the new secret counts', async () => {
        const { status } = await post(EMPTY, { appKey: app.key, signature: sign(EMPTY, 'changed') });
        return status === 200 ? true : undefined;
      });
    });
  });

  describe('size', () => {
    const bodyOf = (bytes: number): Buffer =>
      Buffer.concat([Buffer.from(EMPTY), Buffer.alloc(bytes - EMPTY.length, ' ')]);

    it('takes 4 MB', async () => {
      const body = bodyOf(MAX_BYTES);
      const answer = await post(body, { signature: sign(body) });
      expect(answer.status).toBe(200);
      expect(answer.stored?.body.equals(body)).toBe(true);
    });

    it('refuses one byte more with 413 in the envelope', async () => {
      const body = bodyOf(MAX_BYTES + 1);
      expect(await post(body, { signature: sign(body) })).toMatchObject({
        status: 413,
        body: { success: false, error: { code: 'PAYLOAD_TOO_LARGE' } },
        stored: null,
      });
    });
  });

  it('stores a signed body that is no JSON, for it is answered once and looked at later', async () => {
    expect(await post('{"broken', { signature: sign('{"broken') })).toMatchObject({ status: 200 });
  });

  it('stores many at once, each with its own bytes', async () => {
    const bodies = Array.from({ length: 100 }, (_, n) => JSON.stringify({ object: 'x', n, pad: 'p'.repeat(n * 50) }));
    const answers = await Promise.all(bodies.map((body) => post(body, { signature: sign(body) })));
    expect(answers.map((answer) => answer.stored?.body.toString())).toEqual(bodies);
  });

  it('wakes the processor: a message is stored soon after it came', async () => {
    const number = await inbox.connectedTenant();
    const body = JSON.stringify(inbound(number, { phone: newPhone() }));
    expect((await post(body, { signature: sign(body) })).status).toBe(200);
    await eventually('the message', async () => (await messagesOf(number))[0]);
  });

  it("does nothing for another app's number, although the body is signed and stored", async () => {
    const app = await ownApp();
    const [foreign, own] = [await inbox.connectedTenant(), await inbox.number(app.tenantId, { appId: app.id })];
    const body = inbound(foreign, { phone: newPhone() });
    body.entry.push(...inbound(own, { phone: newPhone() }).entry);
    const text = JSON.stringify(body);
    expect((await post(text, { appKey: app.key, signature: sign(text, app.secret) })).status).toBe(200);
    await eventually('the message of the own number', async () => (await messagesOf(own))[0]);
    expect(await messagesOf(foreign)).toEqual([]);
  });

  const messagesOf = (number: FixtureNumber) =>
    inbox.rows('SELECT id FROM messages WHERE number_id = $1', [number.numberId]);

  it('answers 503 while the database is away, so that WhatsApp repeats, and 200 when it is back', async () => {
    const send = (): Promise<Response> =>
      fetch(address(), { method: 'POST', headers: { 'x-hub-signature-256': sign(EMPTY) }, body: EMPTY });
    await inbox.away(async () => {
      const response = await send();
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await response.json()).toMatchObject({ success: false, error: { code: 'SERVICE_UNAVAILABLE' } });
    });
    await eventually('a 200', async () => ((await send()).status === 200 ? true : undefined));
    // The processors, too, have survived it.
    const number = await inbox.connectedTenant();
    const body = JSON.stringify(inbound(number, { phone: newPhone() }));
    expect((await post(body, { signature: sign(body) })).status).toBe(200);
    await eventually('the message', async () => (await messagesOf(number))[0]);
  });
});
