import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { FAULT_TEST_MS, FaultLab } from '../faults/fault-lab.js';
import { eventually } from '../support/eventually.js';
import { RedisMonitor } from '../support/redis-monitor.js';
import { TEMPLATE, told } from './otp-lab.js';

jest.setTimeout(FAULT_TEST_MS);

type Json = Record<string, unknown>;

/** So many ordinary messages wait, and so many leave in a second at most. */
const BACKLOG = 10_000;
const RATE = 80;

/** A platform with a Redis of its own, which is emptied and listened to, and with times as short as tests need them. */
describe('one-time codes on their way', () => {
  let lab: FaultLab;
  let redis: Redis;
  /** Sees everything that any process tells Redis. */
  let monitor: RedisMonitor;
  beforeAll(async () => {
    lab = await FaultLab.start({
      env: {
        OTP_RESEND_S: '1',
        // Nobody may write to this number meanwhile, so silence has to be enough.
        UNKNOWN_SETTLE_S: '1',
        UNKNOWN_SETTLE_MAX_S: '2',
        LOG_LEVEL: 'trace',
        SEND_WAIT_MS: '10000',
      },
    });
    expect((await lab.tenant.api.request('POST', '/api/v2/templates/sync')).status).toBe(200);
    redis = new Redis(lab.redis.url);
    monitor = await RedisMonitor.start(lab.redis.url);
  });
  afterAll(async () => {
    monitor.stop();
    redis.disconnect();
    await lab.stop();
  });

  const post = (path: string, fields: Json, headers: Record<string, string> = {}) =>
    lab.tenant.api.request('POST', `/api/v2/auth/${path}`, {
      body: JSON.stringify(fields),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const send = (fields: Json, headers?: Record<string, string>) =>
    post('send-otp', { ...TEMPLATE, ...fields }, headers);
  const message = async (id: unknown): Promise<Json> => {
    const [row] = await lab.tenant.rows<Json>('SELECT * FROM messages WHERE tenant_id = $1 AND id = $2', [
      lab.tenant.id,
      id,
    ]);
    return row ?? {};
  };
  const becomes = (id: unknown, status: string): Promise<Json> =>
    eventually(`message ${String(id)} becoming ${status}`, async () => {
      const row = await message(id);
      return row.status === status ? row : undefined;
    });
  const codesTo = async (phone: string): Promise<string[]> =>
    (await lab.tenant.control.codes(lab.tenant.phoneNumberId, { to: phone })).map(({ code }) => code);
  const fault = (one: Json) => lab.tenant.control.addFault(lab.tenant.phoneNumberId, one);
  afterEach(() => lab.tenant.control.clearFaults(lab.tenant.phoneNumberId));

  it('go again with the same code when nobody knows whether WhatsApp has them', async () => {
    const phone = '201011100001';
    await fault({ kind: 'drop_before_accept', count: 2 });
    const { body } = await send({ phone }, { prefer: 'respond-async' });
    const id = body.data?.chat_message_id;
    await eventually('the code arriving', async () => ((await codesTo(phone)).length > 0 ? true : undefined));
    const requests = await lab.tenant.control.requests(lab.tenant.phoneNumberId, { to: phone });
    const sent = requests.map((request) => /"text":"(\d{6})"/.exec(request.body ?? '')?.[1]);
    expect(sent).toHaveLength(3);
    expect(new Set(sent)).toEqual(new Set(await codesTo(phone)));
    expect(told(await post('verify', { phone, code: sent[0] }))).toBe('200');
    await eventually('its end', async () => ((await message(id)).wamid === null ? undefined : true));
    expect((await message(id)).content).not.toHaveProperty('sealed');
  });

  it('do not go again once they were verified, and nothing is left to send', async () => {
    const phone = '201011100002';
    await fault({ kind: 'drop_before_accept', to: phone });
    const { body } = await send({ phone, code: 'Known123' }, { prefer: 'respond-async' });
    const id = body.data?.chat_message_id;
    await becomes(id, 'unknown');
    expect((await message(id)).content).toHaveProperty('sealed');
    expect(told(await post('verify', { phone, code: 'Known123' }))).toBe('200');
    expect((await message(id)).content).not.toHaveProperty('sealed');
    await becomes(id, 'failed');
    const requests = await lab.tenant.control.requests(lab.tenant.phoneNumberId, { to: phone });
    expect(requests.length).toBeLessThanOrEqual(3);
    expect(await codesTo(phone)).toEqual([]);
  });

  it('are not sent once they have expired, or were replaced', async () => {
    const [late, replaced] = ['201011100003', '201011100004'];
    // WhatsApp is busy for as long as it takes.
    await fault({ kind: 'error', code: 131016 });
    const [first, second] = await Promise.all(
      [late, replaced].map((phone) => send({ phone, code: 'Old12345' }, { prefer: 'respond-async' })),
    );
    await eventually('a first try of both', async () => {
      const rows = await Promise.all([first, second].map((one) => message(one?.body.data?.chat_message_id)));
      return rows.every(({ retries }) => Number(retries) > 0) ? true : undefined;
    });
    await lab.tenant.rows(
      `WITH code AS (UPDATE one_time_codes SET expires_at = now() - interval '1 second'
                      WHERE tenant_id = $1 AND phone = $2 RETURNING message_id)
       UPDATE messages m SET expires_at = now() - interval '1 second' FROM code WHERE m.id = code.message_id`,
      [lab.tenant.id, late],
    );
    const again = await post('resend', { ...TEMPLATE, phone: replaced }, { prefer: 'respond-async' });
    await lab.tenant.control.clearFaults(lab.tenant.phoneNumberId);
    await becomes(first?.body.data?.chat_message_id, 'expired');
    await becomes(second?.body.data?.chat_message_id, 'expired');
    await eventually('the new code arriving', async () =>
      (await message(again.body.data?.chat_message_id)).wamid === null ? undefined : true,
    );
    expect(await codesTo(late)).toEqual([]);
    expect(await codesTo(replaced)).toEqual([expect.stringMatching(/^\d{6}$/)]);
    expect(told(await post('verify', { phone: late, code: 'Old12345' }))).toBe('422 OTP_EXPIRED');
    expect(told(await post('verify', { phone: replaced, code: 'Old12345' }))).toBe('422 INVALID_CODE');
  });

  it('keep their limits and attempts when Redis is emptied', async () => {
    const phone = '201011100005';
    for (let count = 0; count < 5; count += 1) expect(told(await send({ phone, code: 'Right123' }))).toBe('200');
    const guess = () => post('verify', { phone, code: 'Wrong123' });
    for (const attempts_remaining of [4, 3]) {
      expect((await guess()).body.error?.details).toEqual({ attempts_remaining });
    }
    await redis.flushall();
    expect(told(await send({ phone }))).toBe('429 RATE_LIMIT_EXCEEDED');
    expect((await guess()).body.error?.details).toEqual({ attempts_remaining: 2 });
    for (let tried = 3; tried < 10; tried += 1) await guess();
    await redis.flushall();
    expect(told(await guess())).toBe('429 RATE_LIMIT_EXCEEDED');
  });

  it('are nowhere to be read: not in logs, jobs, errors, metrics, audit, lists, exports or any table', async () => {
    await lab.tenant.rows('UPDATE tenants SET otp_code_length = 15 WHERE id = $1', [lab.tenant.id]);
    const phone = '201011100006';
    const [sent, wrong, failing, waiting, unknown] = [
      'Zq7Xk29PwL4',
      'Wr7Xk29PwL4',
      'Fa7Xk29PwL4',
      'Wa7Xk29PwL4',
      'Un7Xk29PwL4',
    ];
    const answers: unknown[] = [];
    const keep = async (answer: ReturnType<typeof post>) => {
      const { body } = await answer;
      answers.push(body);
      return body.data ?? {};
    };
    const keyed = { 'idempotency-key': 'a send that may be repeated' };
    const { contact_id } = await keep(send({ phone, code: sent }, keyed));
    await keep(send({ phone, code: sent }, keyed));
    await keep(post('verify', { phone, code: wrong }));
    await keep(post('verify', { phone, code: `${wrong}${wrong}` }));
    await keep(send({ phone, code: sent, template_name: 'nothing' }));
    await keep(post('verify', { phone, code: sent }));
    await keep(post('resend', { ...TEMPLATE, phone }));
    const [generated = ''] = (await codesTo(phone)).slice(-1);
    expect(generated).toMatch(/^\d{15}$/);
    // WhatsApp repeats what it does not like.
    const wordy = { kind: 'error', code: 131009, to: '201011100009', details: `Parameter ${failing} is not valid` };
    await fault({ ...wordy, count: 1 });
    const { error } = (await send({ phone: wordy.to, code: failing })).body;
    expect(error).toMatchObject({
      code: 'MESSAGE_SEND_FAILED',
      details: { whatsapp_error: { code: 131009, details: 'Parameter ****** is not valid' } },
    });
    await fault({ kind: 'error', code: 131016, to: '201011100007' });
    const { chat_message_id: waits } = await keep(
      send({ phone: '201011100007', code: waiting }, { prefer: 'respond-async' }),
    );
    await fault({ kind: 'drop_before_accept', to: '201011100008' });
    const { chat_message_id: doubtful } = await keep(
      send({ phone: '201011100008', code: unknown }, { prefer: 'respond-async' }),
    );
    await becomes(doubtful, 'unknown');
    await eventually('a try that is repeated', async () =>
      Number((await message(waits)).retries) > 0 ? true : undefined,
    );
    // What still has to be sent is there, and encrypted.
    expect((await message(waits)).content).toHaveProperty('sealed');

    const text = async (url: string) => (await fetch(url)).text();
    const api = async (path: string) => (await lab.tenant.api.request('GET', `/api/v2${path}`)).body;
    const { api: process, workers } = lab.installation;
    const tables = await lab.tenant.rows<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    );
    const dump = await Promise.all(
      tables.map(async ({ name }) => JSON.stringify(await lab.tenant.rows(`SELECT t::text FROM ${name} t`))),
    );
    const places: Record<string, string> = {
      answers: JSON.stringify(answers),
      logs: [process, ...workers].map(({ log }) => log).join('\n'),
      redis: monitor.told,
      metrics: (
        await Promise.all([process, ...workers].map(({ operatorUrl }) => text(`${operatorUrl}/metrics`)))
      ).join(),
      lists: JSON.stringify([
        await api('/messages?per_page=100'),
        await api(`/messages/${String(waits)}`),
        await api('/chats'),
      ]),
      export: JSON.stringify(await api(`/contacts/${String(contact_id)}/export`)),
      database: dump.join('\n'),
    };
    // Each place has something of these messages, so it is the code alone that is missing.
    expect(places.logs).toContain(String(waits));
    expect(places.redis).toContain(`m-${String(waits)}-`);
    expect(places.metrics).toContain(
      `rasl_otp_sends_total{tenant_id="${lab.tenant.id}",kind="send",outcome="accepted"}`,
    );
    expect(places.metrics).toContain(`rasl_otp_verifications_total{tenant_id="${lab.tenant.id}",outcome="verified"}`);
    for (const outcome of ['accepted', 'refused', 'unknown']) {
      expect(places.metrics).toContain(`rasl_otp_attempts_total{tenant_id="${lab.tenant.id}",outcome="${outcome}"}`);
    }
    expect(places.database).toContain('otp.verified');
    expect(places.lists).toContain('******');
    expect(places.export).toContain('one_time_codes');
    const found = Object.entries(places).flatMap(([place, held]) =>
      [sent, wrong, failing, waiting, unknown, generated]
        .filter((code) => held.includes(code))
        .map((code) => [place, code]),
    );
    expect(found).toEqual([]);
  });

  // The last one: what waits is left behind.
  it('leave ahead of ten thousand messages that wait', async () => {
    await lab.tenant.control.changeNumber(lab.tenant.phoneNumberId, { throughput: RATE });
    await lab.tenant.rows('UPDATE phone_numbers SET rate_per_second = $2 WHERE id = $1', [lab.tenant.numberId, RATE]);
    await lab.tenant.rows(
      `WITH people AS (INSERT INTO contacts (tenant_id, firstname, type, phone)
                       SELECT $1, 'c', 'lead', (201200000000 + n)::text FROM generate_series(1, $3::int) n
                       RETURNING id, phone),
            threads AS (INSERT INTO chats (tenant_id, number_id, contact_id) SELECT $1, $2, id FROM people
                        RETURNING id, contact_id)
       INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body, generation,
                             next_at, expires_at)
       SELECT $1, $2, t.id, p.id, 'outbound', 'text', 'queued', p.phone, 'Hi', 1, now(), now() + interval '1 day'
         FROM threads t JOIN people p ON p.id = t.contact_id`,
      [lab.tenant.id, lab.tenant.numberId, BACKLOG],
    );
    const ordinary = () => lab.tenant.control.messages(lab.tenant.phoneNumberId, { type: 'text' });
    await eventually('the backlog leaving', async () => ((await ordinary()).length > RATE ? true : undefined));
    const { body } = await send({ phone: '201011100009' });
    expect(body.data).toMatchObject({ status: 'sent' });
    const [code] = await lab.tenant.control.messages(lab.tenant.phoneNumberId, {
      wamid: String(body.data?.message_id),
    });
    const [stored] = await lab.tenant.rows<{ created_at: Date }>(
      'SELECT created_at FROM messages WHERE tenant_id = $1 AND id = $2',
      [lab.tenant.id, body.data?.chat_message_id],
    );
    const before = (await ordinary()).filter(
      ({ at }) => at > (stored?.created_at.getTime() ?? 0) && at < (code?.at ?? 0),
    );
    // In its turn it would come after all of them. A busy machine may need seconds, in which others leave.
    expect(before.length).toBeLessThanOrEqual(BACKLOG / 10);
  });
});
