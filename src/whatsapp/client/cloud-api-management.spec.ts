import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Settings } from '../../platform/config/settings.js';
import { CloudApiManagement, GraphRefusedError, GraphUnavailableError } from './cloud-api-management.js';

const TOKEN = 'EAASECRETTOKEN0123456789';
const WABA = '2150000000000001';

let server: Server;
let management: CloudApiManagement;
let seen: { method: string; url: URL; authorization: string; body: string }[];
let answer: (url: URL) => { status?: number; body: unknown };

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://graph');
      seen.push({ method: request.method ?? '', url, authorization: request.headers.authorization ?? '', body });
      const { status = 200, body: given } = answer(url);
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(typeof given === 'string' ? given : JSON.stringify(given));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  management = new CloudApiManagement(
    Object.assign(new Settings(), { WHATSAPP_API_BASE_URL: `http://127.0.0.1:${port}`, WHATSAPP_TIMEOUT_MS: 5000 }),
  );
});

afterEach(async () => {
  management.onModuleDestroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const template = (id: number): object => ({
  id: String(id),
  name: `template_${id}`,
  language: 'en_US',
  status: 'APPROVED',
  category: 'UTILITY',
  components: [{ type: 'BODY', text: 'Hi' }],
  quality_score: { score: 'GREEN', date: 1 },
});

/** Pages of two, by cursor, the way Graph pages. */
function paged(items: object[]): void {
  answer = (url) => {
    const start = Number(url.searchParams.get('after') ?? 0);
    const end = Math.min(start + 2, items.length);
    const next = end < items.length ? { next: `http://graph/next?access_token=${TOKEN}` } : {};
    const cursors = { before: String(start), after: String(end) };
    return { body: { data: items.slice(start, end), paging: { cursors, ...next } } };
  };
}

describe('listing templates', () => {
  it('reads page after page by cursor until there is no next', async () => {
    paged([1, 2, 3, 4, 5].map(template));
    const templates = await management.listTemplates(WABA, TOKEN);
    expect(templates.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5']);
    expect(templates[0]).toEqual({
      id: '1',
      name: 'template_1',
      language: 'en_US',
      status: 'APPROVED',
      category: 'UTILITY',
      parameterFormat: 'POSITIONAL',
      qualityScore: 'GREEN',
      messageSendTtlSeconds: null,
      components: [{ type: 'BODY', text: 'Hi' }],
    });
    expect(seen.map(({ url }) => url.searchParams.get('after'))).toEqual([null, '2', '4']);
    expect(seen.every(({ url }) => url.pathname === `/v26.0/${WABA}/message_templates`)).toBe(true);
    expect(seen.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('answers a template that two pages show once, as the later one has it', async () => {
    paged([template(1), template(2), { ...template(2), status: 'PAUSED' }, template(3)]);
    const templates = await management.listTemplates(WABA, TOKEN);
    expect(templates.map(({ id, status }) => [id, status])).toEqual([
      ['1', 'APPROVED'],
      ['2', 'PAUSED'],
      ['3', 'APPROVED'],
    ]);
  });

  it('answers an empty list for an account without templates', async () => {
    answer = () => ({ body: { data: [] } });
    expect(await management.listTemplates(WABA, TOKEN)).toEqual([]);
  });

  it('gives up on a list that repeats itself', async () => {
    answer = () => ({
      body: { data: [template(1)], paging: { cursors: { after: 'same' }, next: 'http://graph/next' } },
    });
    await expect(management.listTemplates(WABA, TOKEN)).rejects.toThrow(/repeats itself/);
    expect(seen.length).toBe(2);
  });

  it('refuses a template without a name rather than storing half of it', async () => {
    answer = () => ({ body: { data: [{ ...template(1), name: undefined }] } });
    await expect(management.listTemplates(WABA, TOKEN)).rejects.toThrow(GraphUnavailableError);
  });
});

describe('asking about a number', () => {
  it('reads throughput, quality and messaging limit', async () => {
    answer = () => ({
      body: {
        id: '3150000000000001',
        display_phone_number: '+1 555-805-0100',
        name_status: 'APPROVED',
        verified_name: 'Shop',
        quality_rating: 'GREEN',
        throughput: { level: 'HIGH' },
        status: 'CONNECTED',
        whatsapp_business_manager_messaging_limit: 'TIER_2K',
      },
    });
    expect(await management.getPhoneNumber('3150000000000001', TOKEN)).toEqual({
      phoneNumberId: '3150000000000001',
      displayPhoneNumber: '+1 555-805-0100',
      verifiedName: 'Shop',
      nameStatus: 'APPROVED',
      qualityRating: 'GREEN',
      throughputLevel: 'HIGH',
      messagingLimitTier: 'TIER_2K',
      status: 'CONNECTED',
    });
    expect(seen[0]?.url.searchParams.get('fields')).toContain('throughput');
  });

  it('lists all numbers of an account', async () => {
    paged([1, 2, 3].map((id) => ({ id: String(id), display_phone_number: `+${id}` })));
    const numbers = await management.listPhoneNumbers(WABA, TOKEN);
    expect(numbers.map(({ phoneNumberId }) => phoneNumberId)).toEqual(['1', '2', '3']);
  });

  it.each([
    [{ is_on_biz_app: true }, 200, true],
    [{ is_on_biz_app: false }, 200, false],
    [{ error: { code: 100, message: '(#100) Tried accessing nonexisting field' } }, 400, false],
  ])('takes %p as the word about coexistence', async (body, status, expected) => {
    answer = () => ({ status, body });
    expect(await management.isOnBusinessApp('1', TOKEN)).toBe(expected);
  });

  it('does not take any other refusal for a word about coexistence', async () => {
    answer = () => ({ status: 401, body: { error: { code: 190, message: 'expired' } } });
    await expect(management.isOnBusinessApp('1', TOKEN)).rejects.toThrow(GraphRefusedError);
  });
});

describe('asking about a token', () => {
  it('reads validity, scopes, their targets and the end', async () => {
    const granular = [{ scope: 'whatsapp_business_messaging', target_ids: [WABA] }, { scope: 'email' }];
    answer = () => ({
      body: {
        data: {
          is_valid: true,
          app_id: '115',
          scopes: ['a', 'b'],
          granular_scopes: granular,
          expires_at: 1_800_000_000,
        },
      },
    });
    expect(await management.debugToken(TOKEN)).toEqual({
      isValid: true,
      appId: '115',
      scopes: ['a', 'b'],
      targets: new Map([['whatsapp_business_messaging', [WABA]]]),
      expiresAt: new Date('2027-01-15T08:00:00Z'),
    });
  });

  it('takes 0 for a token that never ends, and anything but true for not valid', async () => {
    answer = () => ({ body: { data: { is_valid: 'true', expires_at: 0 } } });
    expect(await management.debugToken(TOKEN)).toMatchObject({ isValid: false, expiresAt: null, scopes: [] });
  });
});

describe('subscribing', () => {
  it('asks for the app’s own callback, or for another one', async () => {
    answer = () => ({ body: { success: true } });
    await management.subscribeApp(WABA, TOKEN);
    await management.subscribeApp(WABA, TOKEN, { url: 'https://a.example/hook', verifyToken: 'v' });
    expect(seen.map(({ method, url, body }) => [method, url.pathname, JSON.parse(body) as unknown])).toEqual([
      ['POST', `/v26.0/${WABA}/subscribed_apps`, {}],
      [
        'POST',
        `/v26.0/${WABA}/subscribed_apps`,
        { override_callback_uri: 'https://a.example/hook', verify_token: 'v' },
      ],
    ]);
  });

  it('is not done when WhatsApp does not say so', async () => {
    answer = () => ({ body: { success: false } });
    await expect(management.subscribeApp(WABA, TOKEN)).rejects.toThrow(GraphUnavailableError);
  });
});

describe('a management call that fails', () => {
  it('says what was refused, with code and trace, and never the token', async () => {
    answer = () => ({
      status: 403,
      body: {
        error: { code: 10, message: '(#10) Permission denied', fbtrace_id: 'Az8', error_data: { details: 'No.' } },
      },
    });
    const failure = await management.debugToken(TOKEN).catch((error: unknown) => error);
    if (!(failure instanceof GraphRefusedError)) throw new Error('not refused');
    expect(failure.message).toBe(
      'WhatsApp refused to describe the access token: (#10) Permission denied (code 10, fbtrace_id Az8): No.',
    );
    expect(JSON.stringify(failure) + String(failure.stack)).not.toContain(TOKEN);
  });

  it.each([
    ['HTML', 502, '<html></html>'],
    ['a list', 200, '[]'],
    ['half a JSON text', 200, '{"id":'],
    ['JSON with another status', 404, '{}'],
  ])('on %s says that WhatsApp did not answer', async (_name, status, body) => {
    answer = () => ({ status, body });
    await expect(management.getPhoneNumber('1', TOKEN)).rejects.toThrow(GraphUnavailableError);
  });

  it('says so when nobody listens', async () => {
    const { port } = server.address() as AddressInfo;
    const nobody = new CloudApiManagement(
      Object.assign(new Settings(), { WHATSAPP_API_BASE_URL: `http://127.0.0.1:${port}`, WHATSAPP_TIMEOUT_MS: 5000 }),
    );
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    await expect(nobody.getPhoneNumber('1', TOKEN)).rejects.toThrow(/ECONNREFUSED/);
    nobody.onModuleDestroy();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
});
