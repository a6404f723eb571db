import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Settings } from '../../platform/config/settings.js';
import { CloudApiManagement } from '../client/cloud-api-management.js';
import { ConnectionError, NumberVerification } from './number-verification.js';

const NUMBER = '3150000000000001';
const WABA = '2150000000000001';
const BOTH = ['whatsapp_business_messaging', 'whatsapp_business_management'];

let server: Server;
let management: CloudApiManagement;
let token: Record<string, unknown>;
let number: Record<string, unknown>;
let numbers: Record<string, unknown>[];

beforeEach(async () => {
  token = { is_valid: true, scopes: BOTH, expires_at: 0 };
  number = { id: NUMBER, display_phone_number: '+1 555', throughput: { level: 'STANDARD' }, is_on_biz_app: false };
  numbers = [number];
  server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const body = path.endsWith('/debug_token')
      ? { data: token }
      : path.endsWith('/phone_numbers')
        ? { data: numbers }
        : number;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  management = new CloudApiManagement(
    Object.assign(new Settings(), { WHATSAPP_API_BASE_URL: `http://127.0.0.1:${port}` }),
  );
});

afterEach(async () => {
  management.onModuleDestroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const verify = () =>
  new NumberVerification(management).verify({ wabaId: WABA, phoneNumberId: NUMBER, accessToken: 'EAASECRET' });

describe('the rate of a verified number', () => {
  it.each([
    ['STANDARD', false, 80],
    ['HIGH', false, 1000],
    ['STANDARD', true, 20],
    ['HIGH', true, 20],
    ['NOT_APPLICABLE', false, 80],
  ])('is, with throughput %s and use in the Business app %p, %d a second', async (level, coexists, rate) => {
    Object.assign(number, { throughput: { level }, is_on_biz_app: coexists });
    expect((await verify()).ratePerSecond).toBe(rate);
  });
});

describe('the end of the token', () => {
  it('is known when WhatsApp tells it', async () => {
    token.expires_at = 1_800_000_000;
    expect((await verify()).tokenExpiresAt).toEqual(new Date('2027-01-15T08:00:00Z'));
  });

  it('is never when WhatsApp says 0', async () => {
    expect((await verify()).tokenExpiresAt).toBeNull();
  });
});

describe('a verification fails', () => {
  it.each([
    ['the token is not valid', { is_valid: false }, /not valid/],
    ['both permissions are missing', { scopes: [] }, /whatsapp_business_messaging and whatsapp_business_management/],
    [
      'a permission is for other accounts only',
      { granular_scopes: [{ scope: BOTH[0], target_ids: ['999'] }] },
      /no access to account 2150000000000001/,
    ],
  ])('when %s', async (_name, change, message) => {
    Object.assign(token, change);
    const failure = await verify().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toContain('EAASECRET');
  });

  it('when the account has no number at all', async () => {
    numbers = [];
    await expect(verify()).rejects.toThrow(/It has: none/);
  });
});

it('a permission that names its account, or no account, is enough', async () => {
  token.granular_scopes = [{ scope: BOTH[0], target_ids: ['999', WABA] }, { scope: BOTH[1] }];
  expect((await verify()).phoneNumberId).toBe(NUMBER);
});
