import { createHash, randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import type { OpenAPIObject, OperationObject } from '@nestjs/swagger';
import { operationsOf } from '../../src/api-reference/document/operations.js';
import { exampleOf, resolved } from '../../src/api-reference/document/schemas.js';
import { failAgain, failedPayload } from '../integrations/store-payloads.js';
import * as files from '../../src/media/testing/sample-files.js';
import { ApiClient, type ApiAnswer, type FormFields } from '../support/api-client.js';
import { PlatformProcess } from '../support/platform-process.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

// A second API starts, and every route is called some sixty times.
jest.setTimeout(120_000);

const AT_ONCE = 50;

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data';

/** The media example with an address names a picture on the Internet; its form has the file. */
const NOT_CALLED = [`/api/v2/messages/media ${JSON_TYPE}`];

const CSV_FILE = {
  bytes: Buffer.from('phone,firstname,lastname\r\n201000000007,Mona,Ali\r\n'),
  name: 'contacts.csv',
  type: 'text/csv',
};

/** One way to call one route, with the body that the API reference shows as its example. */
interface Call {
  name: string;
  path: string;
  /** Of the body; empty without one. */
  type: string;
  fields: Record<string, unknown> | undefined;
  /** Fields of a form that are files. */
  fileFields: readonly string[];
}

/** What came of one call's repeats. */
interface Finding {
  /** Of the calls at the same moment: how many did something, what the others were told, and what they stored. */
  done: number;
  refused: unknown[];
  stored: number;
  /** At both processes, afterwards. */
  later: unknown[];
  otherBody: unknown;
  otherTenant: string;
  /** At both processes, while the first call runs elsewhere. */
  running: unknown[];
  /** When that call has died. */
  died: string;
}

const VERIFICATION = { template_name: 'verification_code', language: 'en_US' };

const LISTENER = {
  kind: 'generic',
  name: 'Orders',
  ...VERIFICATION,
  mapping: { phone: '$.billing.phone' },
};

const IN_PROGRESS = [409, 'IDEMPOTENCY_IN_PROGRESS'];

/**
 * Every POST that takes a token, as the API reference lists them (a spec holds that against the program's routes), at two
 * API processes. A new route is called here by itself: with the example of its documentation, and, when it has an id in
 * its path, with that of `ids` below.
 */
describe('Idempotency-Key', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let second: PlatformProcess;
  let calls: Call[];
  let photo: Buffer;
  /** What stands for `{id}` after each collection's name. */
  let ids: Record<string, number>;
  /** What stands for a route's example where that names records, or has what only one record may have. */
  let bodies: Record<string, (key: string) => Record<string, unknown>>;
  /** What has to be there before a route's body means something. */
  let preparations: Record<string, (key: string) => Promise<unknown>>;
  let messageId: number;

  beforeAll(async () => {
    const env = (name: string): string => {
      const value = process.env[name];
      if (value === undefined) throw new Error('run the end-to-end tests by "npm test"');
      return value;
    };
    const number = { enforce_window: false, ...NO_PAIR_LIMIT };
    [tenant, stranger] = await Promise.all([
      TestTenant.create({ throughput: 1000, sandboxNumber: number }),
      TestTenant.create({ throughput: 1000, sandboxNumber: number }),
    ]);
    second = await PlatformProcess.start({
      role: 'api',
      databaseUrl: env('E2E_DATABASE_URL'),
      redisUrl: env('TEST_REDIS_URL'),
      redisPrefix: env('E2E_REDIS_PREFIX'),
      sandboxUrl: env('E2E_SANDBOX_URL'),
      appSecret: (await tenant.control.defaults()).app_secret,
      mediaDir: env('E2E_MEDIA_DIR'),
    });
    photo = await files.jpeg();
    expect((await tenant.api.request('POST', '/api/v2/templates/sync')).status).toBe(200);
    const sent = await tenant.api.send('text', { phone: '201001234567', message: 'Hi' }, { prefer: 'wait=30' });
    const later = { phone: '201001234568', message: 'Hi', send_at: new Date(Date.now() + 3_600_000).toISOString() };
    const scheduled = await tenant.api.send('text', later);
    messageId = Number(sent.body.data?.chat_message_id);
    ids = {
      messages: Number(scheduled.body.data?.chat_message_id),
      chats: Number(sent.body.data?.chat_id),
      contacts: Number(scheduled.body.data?.contact_id),
      groups: Number((await tenant.api.json('POST', 'groups', { name: 'Everybody' })).body.data?.id),
      ecommerce: Number((await tenant.api.json('POST', 'integrations/ecommerce', LISTENER)).body.data?.id),
    };
    ids.payloads = await failedPayload(tenant, ids.ecommerce);
    const endpoint = { url: 'http://127.0.0.1:59999/nobody-listens', events: ['contact.*'], enabled: false };
    const made = await tenant.api.json('POST', 'webhooks', endpoint);
    expect(made.body.error).toBeUndefined();
    ids.webhooks = Number(made.body.data?.id);
    ids.deliveries = Number((await tenant.api.json('POST', `webhooks/${ids.webhooks}/test`, {})).body.data?.id);
    const { sourceId: source_id, statusId: status_id, assigneeId: assigned_id } = tenant.defaults;
    const references = { source_id, status_id, assigned_id, groups: [ids.groups] };
    const contact = (key: string) => ({ ...references, phone: phoneOf(key), email: `${digestOf(key)}@example.com` });
    const name = (key: string) => ({ name: digestOf(key) });
    const code = (key: string) => ({ phone: phoneOf(key), purpose: 'login' });
    const sendCode = (key: string) =>
      tenant.api.json('POST', 'auth/send-otp', { ...code(key), ...VERIFICATION, code: '483927' });
    preparations = { '/api/v2/auth/verify': sendCode };
    preparations['/api/v2/integrations/ecommerce/payloads/{id}/retry'] = () => failAgain(tenant, ids.payloads);
    bodies = {
      '/api/v2/contacts': contact,
      '/api/v2/contacts/batch': (key) => ({
        contacts: [{ firstname: 'Mona', lastname: 'Ali', type: 'lead', ...contact(key) }],
      }),
      '/api/v2/contacts/import': () => ({ source_id, status_id }),
      // A phone has few codes in ten minutes, and each can be verified once.
      '/api/v2/auth/send-otp': code,
      '/api/v2/auth/resend': code,
      '/api/v2/auth/verify': code,
      '/api/v2/groups': name,
      '/api/v2/groups/{id}/contacts': () => ({ contact_ids: [ids.contacts] }),
      '/api/v2/sources': name,
      '/api/v2/statuses': name,
    };
    const document = (await (await fetch(`${tenant.api.url}/openapi.json`)).json()) as OpenAPIObject;
    calls = callsOf(document);
  });
  afterAll(async () => {
    await Promise.all([tenant.close(), stranger.close()]);
    await second.stop();
  });

  const pathOf = ({ path }: Call): string =>
    path.replace(
      /([^/]+)\/\{id\}/,
      (_, collection: string) => `${collection}/${ids[collection] ?? 'not-in-this-test'}`,
    );
  /** Examples name a message as 91. */
  const fieldsOf = ({ path, fields }: Call, key: string) =>
    fields && { ...fields, ...('message_id' in fields ? { message_id: messageId } : {}), ...bodies[path]?.(key) };
  const post = (call: Call, key: string, api = tenant.api, more?: Record<string, unknown>): Promise<ApiAnswer> => {
    const headers = { 'idempotency-key': key };
    const path = pathOf(call);
    const given = fieldsOf(call, key);
    const fields = more ? { ...given, ...more } : given;
    if (call.type !== FORM_TYPE) {
      if (!fields) return api.request('POST', path, { headers });
      const body = JSON.stringify(fields);
      return api.request('POST', path, { body, headers: { 'content-type': JSON_TYPE, ...headers } });
    }
    const form = Object.entries(fields ?? {}).map(([name, value]): [string, FormFields[string]] => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      if (!call.fileFields.includes(name)) return [name, text];
      return [name, text.endsWith('.csv') ? CSV_FILE : { bytes: photo, name: text, type: 'image/jpeg' }];
    });
    return api.postForm(path, Object.fromEntries(form), headers);
  };
  const isReplay = ({ headers }: ApiAnswer): boolean => headers.get('idempotent-replayed') === 'true';
  const codeOf = ({ status, body }: ApiAnswer) => [status, body.error?.code ?? 'SUCCESS'];
  const messages = async (): Promise<number> => {
    const [row] = await tenant.rows<{ n: number }>('SELECT count(*)::int AS n FROM messages WHERE tenant_id = $1', [
      tenant.id,
    ]);
    return row?.n ?? NaN;
  };

  /** 'ran', 'told again', or the error that an Idempotency-Key has brought about. */
  const howAnswered = (answer: ApiAnswer): string => {
    const code = answer.body.error?.code ?? '';
    return isReplay(answer) ? 'told again' : code.startsWith('IDEMPOTENCY') ? code : 'ran';
  };
  const keyState = (key: string, columns: string) =>
    tenant.rows(`UPDATE idempotency_keys SET ${columns} WHERE tenant_id = $1 AND key_hash = sha256($2::text::bytea)`, [
      tenant.id,
      key,
    ]);

  async function tryOut(call: Call): Promise<Finding> {
    const key = randomUUID();
    const apis = [tenant.api, new ApiClient(second.apiUrl, tenant.api.token)];
    const atBoth = async <T>(see: (answer: ApiAnswer) => T): Promise<T[]> =>
      (await Promise.all(apis.map((api) => post(call, key, api)))).map(see);
    await preparations[call.path]?.(key);
    const before = await messages();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => post(call, key, apis[n % 2])));
    const accepted = answers.filter(({ body }) => body.success);
    const data = new Set(accepted.map(({ body }) => JSON.stringify(body.data)));
    const isTheSame = ({ body }: ApiAnswer): boolean => data.size === 1 && data.has(JSON.stringify(body.data));
    const isSend = accepted.some(({ body }) => body.data !== null && 'chat_message_id' in body.data);
    const finding = {
      done: accepted.filter((answer) => !isReplay(answer)).length,
      refused: answers
        .filter(({ status, body, headers }) => {
          const comesAgain = status === 409 && Number(headers.get('retry-after')) >= 1;
          return !body.success && !(comesAgain && body.error?.code === IN_PROGRESS[1]);
        })
        .map(({ body }) => body.error),
      stored: (await messages()) - before - (isSend ? 1 : 0),
      later: await atBoth((answer) => [howAnswered(answer), isTheSame(answer)]),
      otherBody: codeOf(await post(call, key, tenant.api, { other: 1 })),
      otherTenant: howAnswered(await post(call, key, stranger.api)),
    };
    // As it stands before its call has ended.
    await keyState(
      key,
      `leased_until = now() + interval '1 minute', answer_encrypted = CASE WHEN message_id > 0 THEN answer_encrypted END`,
    );
    const running = await atBoth(codeOf);
    await keyState(key, `leased_until = now() - interval '1 second'`);
    const died = howAnswered(await post(call, key, apis[1]));
    return { ...finding, running, died: died === (isSend ? 'told again' : 'ran') ? 'recovered' : died };
  }

  it('makes every POST happen once, whoever repeats it, at the same moment or later', async () => {
    const wanted: Finding = {
      done: 1,
      refused: [],
      stored: 0,
      later: Array.from({ length: 2 }, () => ['told again', true]),
      otherBody: [409, 'IDEMPOTENCY_CONFLICT'],
      otherTenant: 'ran',
      running: [IN_PROGRESS, IN_PROGRESS],
      died: 'recovered',
    };
    expect(calls.length).toBeGreaterThanOrEqual(20);
    const found: Record<string, Finding> = {};
    for (const call of calls) found[call.name] = await tryOut(call);
    expect(found).toEqual(Object.fromEntries(calls.map(({ name }) => [name, wanted])));
  });

  it('is refused by every POST when it is empty or too long, and by none at its longest', async () => {
    const answers: Record<string, unknown> = {};
    for (const call of calls) {
      const longestKey = randomUUID().padEnd(255, 'k');
      await preparations[call.path]?.(longestKey);
      const [empty, long, longest] = [
        await post(call, ''),
        await post(call, 'k'.repeat(256)),
        await post(call, longestKey),
      ];
      answers[call.name] = [codeOf(empty), codeOf(long), longest.body.success];
    }
    const refused = [422, 'VALIDATION_ERROR'];
    expect(answers).toEqual(Object.fromEntries(calls.map(({ name }) => [name, [refused, refused, true]])));
  });
});

/** A name that belongs to this key. */
const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 20);

const phoneOf = (key: string): string =>
  `2010${String(parseInt(digestOf(key).slice(0, 8), 16) % 1e8).padStart(8, '0')}`;

/** How each POST with a token may be called, by its documentation. */
function callsOf(document: OpenAPIObject): Call[] {
  return operationsOf(document)
    .filter(({ method, operation }) => method === 'post' && (operation.security ?? []).length > 0)
    .flatMap(({ path, operation }) => bodiesOf(document, operation).map((body) => ({ path, ...body })))
    .map((call) => ({ name: [call.path, call.type].filter(Boolean).join(' '), ...call }))
    .filter(({ name }) => !NOT_CALLED.includes(name));
}

/** The examples of a route's bodies, as JSON and as a form, or what its fields' examples make; of a route without a body that alone. */
function bodiesOf(document: OpenAPIObject, { requestBody }: OperationObject): Omit<Call, 'name' | 'path'>[] {
  if (!requestBody || '$ref' in requestBody) return [{ type: '', fields: undefined, fileFields: [] }];
  return Object.entries(requestBody.content)
    .filter(([type]) => type === JSON_TYPE || type === FORM_TYPE)
    .map(([type, { example, schema }]) => ({
      type,
      fields: (example ?? exampleOf(document, schema)) as Record<string, unknown>,
      fileFields: Object.entries(resolved(document, schema).properties ?? {})
        .filter(([, property]) => resolved(document, property).format === 'binary')
        .map(([field]) => field),
    }));
}
