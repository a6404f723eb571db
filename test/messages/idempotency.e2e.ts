import { randomUUID } from 'node:crypto';
import * as files from '../../src/media/testing/sample-files.js';
import type { ApiAnswer, FormFields } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

const PHONE = '201001234567';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a POST with an Idempotency-Key', () => {
  let tenant: TestTenant;
  let photo: { bytes: Buffer; name: string; type: string };

  beforeAll(async () => {
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  });
  beforeEach(async () => {
    tenant = await TestTenant.create({
      throughput: 1000,
      sandboxNumber: { enforce_window: false, ...NO_PAIR_LIMIT },
    });
  });
  afterEach(() => tenant.close());

  const send = (key: string, fields: FormFields = {}, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    tenant.api.sendMedia(
      { phone: PHONE, media_type: 'image', media_file: photo, ...fields },
      { 'idempotency-key': key, prefer: 'wait=30', ...headers },
    );
  const messages = async (): Promise<number> => {
    const [row] = await tenant.rows<{ n: number }>('SELECT count(*)::int AS n FROM messages WHERE tenant_id = $1', [
      tenant.id,
    ]);
    return row?.n ?? NaN;
  };
  const keys = () => tenant.rows('SELECT * FROM idempotency_keys WHERE tenant_id = $1', [tenant.id]);
  const isReplay = ({ headers }: ApiAnswer): boolean => headers.get('idempotent-replayed') === 'true';
  const codeOf = ({ status, body }: ApiAnswer) => [status, body.error?.code];

  it('is answered again like the first time, whatever the boundary and the order of its fields', async () => {
    const key = randomUUID();
    const first = await send(key, { caption: 'Hi' });
    expect([first.status, first.body.data?.status, isReplay(first)]).toEqual([200, 'sent', false]);
    const form = { caption: 'Hi', media_file: photo, media_type: 'image', phone: PHONE };
    const again = await tenant.api.sendMedia(form, { 'idempotency-key': key });
    expect([again.status, isReplay(again)]).toEqual([200, true]);
    expect(again.body).toEqual({ ...first.body, meta: again.body.meta });
    expect(again.body.meta.request_id).not.toBe(first.body.meta.request_id);
    expect(await messages()).toBe(1);
  });

  it('keeps what the first answer said, its headers too, although the message has gone on', async () => {
    const key = randomUUID();
    const first = await send(key, {}, { prefer: 'respond-async' });
    expect(first.body.data).toMatchObject({ status: 'queued', message_id: null });
    const again = await send(key);
    expect(again.body).toMatchObject({ data: first.body.data, message: first.body.message });
    expect(again.headers.get('preference-applied')).toBe('respond-async');
  });

  it('is refused with another body, file or address', async () => {
    const key = randomUUID();
    await send(key, { caption: 'Hi' });
    const others = [
      await send(key, { caption: 'Hello' }),
      await send(key),
      await send(key, { caption: 'Hi', media_file: { ...photo, bytes: await files.jpeg(9, 9) } }),
      await send(key, { caption: 'Hi', media_file: [photo, photo] }),
      await send(key, { caption: 'Hi', media_type: 'nonsense' }),
      await tenant.api.request('POST', '/api/v2/messages/1/cancel', { headers: { 'idempotency-key': key } }),
    ];
    expect(others.map(codeOf)).toEqual(others.map(() => [409, 'IDEMPOTENCY_CONFLICT']));
    expect(await messages()).toBe(1);
  });

  it('sends once, however many come at the same moment', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(key)));
    const accepted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(accepted.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(new Set(accepted.map(({ body }) => body.data?.chat_message_id)).size).toBe(1);
    expect(refused.map(codeOf)).toEqual(refused.map(() => [409, 'IDEMPOTENCY_IN_PROGRESS']));
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await messages()).toBe(1);
    expect(isReplay(await send(key))).toBe(true);
    const { total } = await tenant.control.counts(tenant.phoneNumberId);
    expect(total).toBe(1);
  });

  it('is told apart from another with the same key at the same moment', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(key, { caption: `n ${n}` })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(codeOf)).toEqual(refused.map(() => [409, 'IDEMPOTENCY_CONFLICT']));
    expect(await messages()).toBe(1);
  });

  it('is asked to come again while the first one waits for WhatsApp', async () => {
    const key = randomUUID();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 4000, count: 1 });
    const first = send(key, {}, { prefer: 'wait=20' });
    await eventually('the request to WhatsApp', async () => (await tenant.control.requests(tenant.phoneNumberId))[0]);
    const second = await send(key);
    expect(codeOf(second)).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await first).body.data?.status).toBe('sent');
    expect((await send(key)).body.data).toEqual((await first).body.data);
  });

  it('may be put right under the same key when it was refused', async () => {
    const key = randomUUID();
    expect(codeOf(await send(key, { media_type: 'video' }))).toEqual([422, 'VALIDATION_ERROR']);
    expect(codeOf(await send(key, { contact_id: 2_000_000_000 }))).toEqual([404, 'NOT_FOUND']);
    const optedOut = await tenant.insertContact({ phone: '201000000009', is_opted_out: true });
    expect(codeOf(await send(key, { phone: undefined, contact_id: optedOut }))).toEqual([403, 'CONTACT_OPTED_OUT']);
    expect(codeOf(await send(key, { from: '1' }))).toEqual([422, 'VALIDATION_ERROR']);
    expect(await keys()).toEqual([]);
    expect((await send(key)).status).toBe(200);
  });

  it('is not sent again when WhatsApp refused it', async () => {
    const key = randomUUID();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131026, count: 1 });
    const first = await send(key);
    expect(codeOf(first)).toEqual([500, 'MESSAGE_SEND_FAILED']);
    const again = await send(key);
    expect([...codeOf(again), isReplay(again)]).toEqual([500, 'MESSAGE_SEND_FAILED', true]);
    expect(again.body.error).toEqual(first.body.error);
    expect(await messages()).toBe(1);
    expect((await send(randomUUID())).body.data?.status).toBe('sent');
  });

  it('has a key of 1 to 255 characters', async () => {
    for (const key of ['', 'k'.repeat(256)]) {
      const { status, body } = await send(key);
      expect({ status, details: body.error?.details }).toEqual({
        status: 422,
        details: { 'Idempotency-Key': ['The Idempotency-Key header must have 1 to 255 characters.'] },
      });
    }
    for (const key of ['k', 'k'.repeat(255)]) {
      expect((await send(key)).status).toBe(200);
      expect(isReplay(await send(key))).toBe(true);
    }
    expect(await messages()).toBe(2);
  });

  it('does not meet another tenant’s key', async () => {
    const key = randomUUID();
    const other = await TestTenant.create({ sandboxNumber: { enforce_window: false } });
    try {
      const first = await send(key);
      const elsewhere = await other.api.sendMedia(
        { phone: PHONE, media_type: 'image', media_file: photo },
        { 'idempotency-key': key },
      );
      expect([elsewhere.status, isReplay(elsewhere)]).toEqual([200, false]);
      expect(elsewhere.body.data?.chat_message_id).not.toBe(first.body.data?.chat_message_id);
    } finally {
      await other.close();
    }
  });

  it('is forgotten after 24 hours', async () => {
    const key = randomUUID();
    await send(key, { caption: 'one' });
    const age = (age: string) =>
      tenant.rows(`UPDATE idempotency_keys SET created_at = now() - interval '${age}' WHERE tenant_id = $1`, [
        tenant.id,
      ]);
    await age('23 hours 59 minutes');
    expect(codeOf(await send(key, { caption: 'two' }))).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    await age('24 hours');
    const later = await send(key, { caption: 'two' });
    expect([later.status, isReplay(later)]).toEqual([200, false]);
    expect(isReplay(await send(key, { caption: 'two' }))).toBe(true);
    expect(await messages()).toBe(2);
  });

  it('may be any POST, also one that stores no message', async () => {
    const { body } = await send(randomUUID());
    const read = (key: string) =>
      tenant.api.request('POST', `/api/v2/chats/${String(body.data?.chat_id)}/read`, {
        headers: { 'idempotency-key': key },
      });
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => read(key)));
    expect(answers.filter((answer) => answer.status === 200 && !isReplay(answer))).toHaveLength(1);
    const [again, other] = [await read(key), await read(randomUUID())];
    expect([again.status, isReplay(again)]).toEqual([200, true]);
    expect([other.status, isReplay(other)]).toEqual([200, false]);
  });

  it('is not stored in clear, and costs no row without its header', async () => {
    const key = randomUUID();
    await send(key, { caption: 'a secret caption' });
    const [row] = await keys();
    const stored = Object.values(row ?? {})
      .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
      .join('\n');
    for (const secret of ['a secret caption', PHONE, key]) expect(stored).not.toContain(secret);
    await tenant.api.sendMedia({ phone: PHONE, media_type: 'image', media_file: photo });
    expect(await keys()).toHaveLength(1);
  });
});
