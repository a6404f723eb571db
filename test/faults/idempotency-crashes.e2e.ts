import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import pg from 'pg';
import * as files from '../../src/media/testing/sample-files.js';
import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { FAULT_TEST_MS, FaultLab } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

const KEYS = 120;
const PARALLEL = 12;

/** No call of WhatsApp fails here, so none may be given up on a busy machine: its outcome would be `unknown`. */
const CALLS_ARE_ANSWERED = { WHATSAPP_TIMEOUT_MS: '30000', SUBMIT_LEASE_S: '45' };

/** kill -9 of the API, and an emptied Redis, while calls with an Idempotency-Key are under way. */
describe('an Idempotency-Key', () => {
  let lab: FaultLab;
  let photo: { bytes: Buffer; name: string; type: string };

  beforeAll(async () => {
    // Handed over by upload: WhatsApp cannot fetch from an API that was just killed.
    lab = await FaultLab.start({ env: { MEDIA_DELIVERY: 'upload', SEND_WAIT_MS: '1000', ...CALLS_ARE_ANSWERED } });
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  });
  beforeEach(() => lab.tenant.control.clearFaults(lab.tenant.phoneNumberId));
  afterAll(() => lab.stop());

  const send = (key: string, n = 0, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    lab.tenant.api.sendMedia(
      { phone: `2010${String(10_000_000 + n)}`, media_type: 'image', media_file: photo, caption: key },
      { 'idempotency-key': key, ...headers },
    );
  /** The answer, or nothing when the connection broke. */
  const trySend = async (key: string, n: number): Promise<ApiAnswer | undefined> => {
    try {
      return await send(key, n, n % 2 === 0 ? { prefer: 'respond-async' } : {});
    } catch (error) {
      // (jest's TypeError is another realm's, so the name tells.)
      if ((error as Error).name !== 'TypeError') throw error;
      return undefined;
    }
  };
  const restart = async (): Promise<void> => {
    await lab.installation.api.crash();
    await lab.installation.api.start();
  };
  const stored = (key: string) =>
    lab.tenant.rows<{ id: number }>('SELECT id::int FROM messages WHERE tenant_id = $1 AND body = $2', [
      lab.tenant.id,
      key,
    ]);
  const keys = () => lab.tenant.rows('SELECT * FROM idempotency_keys WHERE tenant_id = $1', [lab.tenant.id]);
  /** A minute later, for calls that died. */
  const leasesLapse = () =>
    lab.tenant.rows(
      `UPDATE idempotency_keys SET leased_until = now() - interval '1 second' WHERE tenant_id = $1 AND leased_until > now()`,
      [lab.tenant.id],
    );
  const seen = async (id: number | undefined): Promise<number> =>
    (await lab.tenant.control.counts(lab.tenant.phoneNumberId)).counts[`m=${id}`] ?? 0;

  it('is free when the call died before its commit', async () => {
    const key = randomUUID();
    const before = (await keys()).length;
    const holder = new pg.Client({ connectionString: lab.installation.database.url });
    await holder.connect();
    try {
      // The key is claimed, the message cannot be stored.
      await holder.query('BEGIN; LOCK TABLE messages IN SHARE MODE');
      const first = trySend(key, 0);
      await eventually('the message being stored', async () => {
        const { rows } = await holder.query(
          `SELECT 1 FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted`,
        );
        return rows[0] as object | undefined;
      });
      await lab.installation.api.crash();
      expect(await first).toBeUndefined();
    } finally {
      await holder.end();
    }
    await lab.installation.api.start();
    expect(await stored(key)).toEqual([]);
    expect(await keys()).toHaveLength(before);
    const again = await send(key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null]);
    expect(await stored(key)).toHaveLength(1);
  });

  it('names its message when the call died after its commit, and is answered from it', async () => {
    const key = randomUUID();
    // It is sent when the call has died: not before, however long that takes.
    const [worker] = lab.installation.workers;
    worker?.signal('SIGSTOP');
    const first = send(key, 1, { prefer: 'wait=30' }).catch(() => undefined);
    const { id } = await eventually('the message', async () => (await stored(key))[0]);
    await restart();
    worker?.signal('SIGCONT');
    expect(await first).toBeUndefined();
    // The call might be running still, in another process.
    const early = await send(key, 1);
    expect([early.status, early.body.error?.code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
    const wait = Number(early.headers.get('retry-after'));
    expect(wait >= 1 && wait <= 60).toBe(true);
    await leasesLapse();
    const sent = await eventually('the message having been sent', async () => {
      const answer = await send(key, 1);
      return answer.body.data?.status === 'sent' ? answer : undefined;
    });
    expect(sent.headers.get('idempotent-replayed')).toBe('true');
    expect(sent.body).toMatchObject({
      data: { chat_message_id: id, media_type: 'image', caption: key, phone: '201010000001' },
      message: 'Media message sent successfully',
    });
    expect(sent.body.data?.message_id).toMatch(/^wamid\./);
    expect(await stored(key)).toHaveLength(1);
    expect(await seen(id)).toBe(1);
  });

  it('tells of a refusal that its call did not live to hear', async () => {
    const key = randomUUID();
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'error', code: 131026, to: '201010000002' });
    const [worker] = lab.installation.workers;
    worker?.signal('SIGSTOP');
    const first = send(key, 2, { prefer: 'wait=30' }).catch(() => undefined);
    const { id } = await eventually('the message', async () => (await stored(key))[0]);
    await restart();
    worker?.signal('SIGCONT');
    expect(await first).toBeUndefined();
    await leasesLapse();
    const refused = await eventually(
      'the refusal',
      async () => {
        const answer = await send(key, 2);
        return answer.status === 200 ? undefined : answer;
      },
      60_000,
    );
    expect(refused.body.error).toMatchObject({
      code: 'MESSAGE_SEND_FAILED',
      details: { chat_message_id: id, whatsapp_error: { code: 131026 } },
    });
    expect(refused.headers.get('idempotent-replayed')).toBe('true');
  });

  it('is free a minute after the death of a call that stores no message', async () => {
    const { body } = await send(randomUUID(), 4);
    const chatId = Number(body.data?.chat_id);
    const key = randomUUID();
    const read = () =>
      lab.tenant.api.request('POST', `/api/v2/chats/${chatId}/read`, { headers: { 'idempotency-key': key } });
    const holder = new pg.Client({ connectionString: lab.installation.database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM chats WHERE id = $1 FOR UPDATE', [chatId]);
      const first = read().catch(() => undefined);
      // Its key is committed before the call does anything.
      await eventually('the key of the call', async () =>
        (await keys()).find(({ message_id, leased_until }) => message_id === null && leased_until !== null),
      );
      await lab.installation.api.crash();
      expect(await first).toBeUndefined();
    } finally {
      await holder.end();
    }
    await lab.installation.api.start();
    const early = await read();
    expect([early.status, early.body.error?.code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
    await leasesLapse();
    const [later, again] = [await read(), await read()];
    expect([later, again].map(({ status, headers }) => [status, headers.get('idempotent-replayed')])).toEqual([
      [200, null],
      [200, 'true'],
    ]);
  });

  it('is remembered when Redis was emptied and every process began anew', async () => {
    const key = randomUUID();
    const first = await send(key, 3, { prefer: 'wait=20' });
    await lab.redis.crash();
    await lab.redis.start();
    await restart();
    const again = await send(key, 3);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.body.data).toEqual(first.body.data);
  });

  it('never stands for two messages, whenever the API dies, and blocks nobody', async () => {
    const all = Array.from({ length: KEYS }, () => randomUUID());
    const answers = new Map<string, ApiAnswer>();
    let next = 0;
    let crash: Promise<void> | undefined;
    const caller = async (): Promise<void> => {
      for (let n = next++; n < KEYS; n = next++) {
        if (n === Math.floor(KEYS / 3)) crash = restart();
        const key = all[n] ?? '';
        const answer = await trySend(key, n);
        if (answer?.status === 200) answers.set(key, answer);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, caller));
    await crash;
    expect(answers.size).toBeGreaterThan(0);
    await leasesLapse();
    const again = await Promise.all(all.map((key, n) => send(key, n)));
    expect(again.filter(({ status }) => status !== 200)).toEqual([]);
    for (const [n, key] of all.entries()) {
      const messages = await stored(key);
      expect(messages).toEqual([{ id: again[n]?.body.data?.chat_message_id }]);
      const before = answers.get(key);
      if (before) expect(again[n]?.body.data).toEqual(before.body.data);
    }
    expect(KEYS - answers.size).toBeGreaterThan(0);
    await lab.settled();
    const { counts } = await lab.tenant.control.counts(lab.tenant.phoneNumberId);
    for (const { body } of again) expect(counts[`m=${String(body.data?.chat_message_id)}`]).toBe(1);
  });
});
