import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { decideEnd } from '../../src/delivery/attempts/decide-end.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { recordEnds } from '../../src/delivery/attempts/record-ends.js';
import { resendCodes, settleUnknown, wipeExpiredCodes } from '../../src/delivery/recovery/settle-unknown.js';
import { Outbox, type MessageColumns, type Sender } from './outbox.js';

/** Silence settles after AFTER_S when the intake was healthy, else after MAX_S. */
const [AFTER_S, MAX_S, GAP_S] = [60, 600, 15];

let outbox: Outbox;
beforeAll(async () => {
  outbox = await Outbox.create();
});
beforeEach(async () => {
  for (const table of ['messages', 'attempts', 'webhook_inbox', 'intake_health']) {
    await outbox.run(`DELETE FROM ${table}`);
  }
  await outbox.run(
    `INSERT INTO intake_health (component, beat_at, healthy_since)
     SELECT unnest(ARRAY['receiver', 'processor']), now(), now() - interval '1 hour'`,
  );
});
afterAll(() => outbox.close());

const settle = () => settleUnknown(outbox.postgres, { afterS: AFTER_S, maxS: MAX_S, gapS: GAP_S, limit: 100 });
const since = (seconds: number): MessageColumns => ({
  status: `'unknown'`,
  next_at: null,
  attempt_no: 1,
  unknown_at: `now() - interval '${seconds} seconds'`,
});
/** A sender whose account was heard of `ago` seconds ago. */
async function heardSender(ago = 1, options: { policy?: 'fail' | 'resend' } = {}): Promise<Sender> {
  const sender = await outbox.sender(options);
  await outbox.run(`UPDATE whatsapp_accounts SET last_webhook_at = now() - $2 * interval '1 second' WHERE id = $1`, [
    sender.accountId,
    ago,
  ]);
  return sender;
}

describe('an outcome that stays unknown', () => {
  it('is failed by default, and who may wait is told', async () => {
    const sender = await heardSender();
    const id = await outbox.message(sender, { ...since(AFTER_S + 1), waiter: `'channel key'` });
    const young = await outbox.message(sender, since(AFTER_S - 5));
    expect(await settle()).toMatchObject([
      { id, status: 'failed', waiter: 'channel key', error: { code: 'UNKNOWN_OUTCOME' } },
    ]);
    expect(await outbox.read(id)).toMatchObject({
      status: 'failed',
      error_code: 'UNKNOWN_OUTCOME',
      next_at: null,
      link_expires_in_days: 29,
    });
    expect((await outbox.read(id)).failed_at).not.toBeNull();
    expect(await outbox.read(young)).toMatchObject({ status: 'unknown' });
  });

  it('is sent again when the tenant says so', async () => {
    const id = await outbox.message(await heardSender(1, { policy: 'resend' }), since(AFTER_S + 1));
    await settle();
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sending', attempt_state: null, error_code: null, failed_at: null });
    expect(row.next_in_s).toBeLessThanOrEqual(0);
  });

  it('is failed when it would be sent again too late', async () => {
    const sender = await heardSender(1, { policy: 'resend' });
    const id = await outbox.message(sender, { ...since(AFTER_S + 1), expires_at: `now() - interval '1 second'` });
    await settle();
    expect(await outbox.read(id)).toMatchObject({ status: 'failed', error_code: 'UNKNOWN_OUTCOME' });
  });
});

describe('silence proves nothing', () => {
  /** A message that is due to be settled, unless the intake was not well; and one that has waited the longest. */
  async function waiting(heardAgo?: number): Promise<{ id: number; old: number; sender: Sender }> {
    const sender = heardAgo === undefined ? await outbox.sender() : await heardSender(heardAgo);
    const [id, old] = [
      await outbox.message(sender, since(AFTER_S + 10)),
      await outbox.message(sender, since(MAX_S + 1)),
    ];
    return { id, old, sender };
  }
  async function expectOnlyOldSettled({ id, old }: { id: number; old: number }): Promise<void> {
    expect((await settle()).map((message) => message.id)).toEqual([old]);
    expect(await outbox.read(id)).toMatchObject({ status: 'unknown' });
  }

  it('while raw webhooks wait for more than 5 s: the answer may be among them', async () => {
    const messages = await waiting(1);
    const store = (age: string, processed: string) =>
      outbox.run(
        `INSERT INTO webhook_inbox (body, request_id, received_at, processed_at)
         VALUES ('', gen_random_uuid(), now() - $1::interval, ${processed})`,
        [age],
      );
    await store('1 minute', 'now()');
    await store('3 seconds', 'NULL');
    await store('6 seconds', 'NULL');
    await expectOnlyOldSettled(messages);
    await outbox.run(`UPDATE webhook_inbox SET processed_at = now() WHERE received_at < now() - interval '5 seconds'`);
    expect((await settle()).map(({ id }) => id)).toEqual([messages.id]);
  });

  it('while a webhook about the account is deferred, which is no hindrance to other accounts', async () => {
    const [messages, others] = [await waiting(1), await waiting(1)];
    await outbox.run(
      `INSERT INTO webhook_inbox (body, request_id, received_at, retry_at, waiting_accounts)
       SELECT '', gen_random_uuid(), now() - interval '6 seconds', now() + interval '1 minute',
              ARRAY['another', waba_id] FROM whatsapp_accounts WHERE id = $1`,
      [messages.sender.accountId],
    );
    expect((await settle()).map(({ id }) => id).sort()).toEqual([others.id, others.old, messages.old].sort());
    expect(await outbox.read(messages.id)).toMatchObject({ status: 'unknown' });
    await outbox.run('UPDATE webhook_inbox SET processed_at = now(), retry_at = NULL');
    expect((await settle()).map(({ id }) => id)).toEqual([messages.id]);
  });

  it.each(['receiver', 'processor'])('while the %s gives no sign of life', async (component) => {
    const messages = await waiting(1);
    const beat = (ago: number) =>
      outbox.run(`UPDATE intake_health SET beat_at = now() - $2 * interval '1 second' WHERE component = $1`, [
        component,
        ago,
      ]);
    await beat(GAP_S + 1);
    await expectOnlyOldSettled(messages);
    await beat(GAP_S - 5);
    expect((await settle()).map(({ id }) => id)).toEqual([messages.id]);
  });

  it.each(['receiver', 'processor'])('when the %s was away since the outcome became unknown', async (component) => {
    const messages = await waiting(1);
    const healthy = (ago: number) =>
      outbox.run(`UPDATE intake_health SET healthy_since = now() - $2 * interval '1 second' WHERE component = $1`, [
        component,
        ago,
      ]);
    await healthy(AFTER_S + 5);
    await expectOnlyOldSettled(messages);
    await healthy(AFTER_S + 15);
    expect((await settle()).map(({ id }) => id)).toEqual([messages.id]);
  });

  it.each(['receiver', 'processor'])('when no %s has ever run', async (component) => {
    const messages = await waiting(1);
    await outbox.run('DELETE FROM intake_health WHERE component = $1', [component]);
    await expectOnlyOldSettled(messages);
  });

  it.each([
    ['never', undefined],
    ['not since', AFTER_S + 11],
  ])('when nothing else was heard of the account: %s', async (_what, ago) => {
    const messages = await waiting(ago);
    // Another account's webhooks say nothing about this one.
    await heardSender(1);
    await expectOnlyOldSettled(messages);
  });
});

describe('a one-time code whose outcome is unknown', () => {
  const RESEND_S = 20;
  const TIMED_OUT = decideEnd({ kind: 'unknown', reason: 'TIMEOUT' }, { attemptNo: 1, retries: 0 }, 0);
  const resend = async () => (await resendCodes(outbox.postgres, { afterS: RESEND_S, limit: 100 })).map(({ id }) => id);

  /** Sends the message once more, to an outcome that nobody knows. */
  async function attempt(sender: Sender, id: number): Promise<void> {
    const [claimed] = await claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'w' });
    const attemptNo = claimed?.attemptNo ?? 0;
    expect(await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo }], 45)).toEqual(['submitted']);
    await recordEnds(outbox.postgres, [
      { messageId: id, tenantId: sender.tenantId, numberId: sender.numberId, attemptNo, end: TIMED_OUT },
    ]);
  }
  const ageBy = (id: number, seconds: number) =>
    outbox.run(`UPDATE messages SET unknown_at = now() - $2 * interval '1 second' WHERE id = $1`, [id, seconds]);

  it.each(['fail', 'resend'] as const)('is sent again twice, then fails (policy %s)', async (policy) => {
    const sender = await heardSender(1, { policy });
    const id = await outbox.message(sender, { priority: 0, body: `'123456'` });
    for (let again = 0; again < 2; again += 1) {
      await attempt(sender, id);
      await ageBy(id, RESEND_S - 5);
      expect(await resend()).toEqual([]);
      // However short the policy's wait is, the code goes first.
      await ageBy(id, MAX_S + 1);
      expect(await settle()).toEqual([]);
      await ageBy(id, RESEND_S + 1);
      expect(await resend()).toEqual([id]);
      expect(await outbox.read(id)).toMatchObject({ status: 'sending', priority: 0, body: '123456' });
      expect((await outbox.read(id)).next_in_s).toBeLessThanOrEqual(0);
    }
    await attempt(sender, id);
    await ageBy(id, AFTER_S + 1);
    expect(await resend()).toEqual([]);
    expect(await settle()).toMatchObject([{ id, status: 'failed', error: { code: 'UNKNOWN_OUTCOME' } }]);
    expect(await outbox.attempts(id)).toHaveLength(3);
  });

  it('is not sent again once it has expired', async () => {
    const sender = await heardSender();
    const id = await outbox.message(sender, { priority: 0 });
    await attempt(sender, id);
    await ageBy(id, AFTER_S + 1);
    await outbox.run(`UPDATE messages SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    expect(await resend()).toEqual([]);
    expect(await settle()).toMatchObject([{ id, status: 'failed' }]);
  });

  it('is wiped once it has expired, and not before', async () => {
    const sender = await heardSender();
    const sealed = { priority: 0, content: `'{"sealed": "x", "category": "AUTHENTICATION"}'` };
    const [late, good] = [await outbox.message(sender, sealed), await outbox.message(sender, sealed)];
    for (const id of [late, good]) await attempt(sender, id);
    expect(await wipeExpiredCodes(outbox.postgres, 100)).toBe(0);
    await outbox.run(`UPDATE messages SET expires_at = now() - interval '1 second' WHERE id = $1`, [late]);
    expect(await wipeExpiredCodes(outbox.postgres, 100)).toBe(1);
    const { rows } = await outbox.postgres.pool.query('SELECT id::int, status, content FROM messages ORDER BY id');
    expect(rows).toEqual([
      { id: late, status: 'unknown', content: { category: 'AUTHENTICATION' } },
      { id: good, status: 'unknown', content: { category: 'AUTHENTICATION', sealed: 'x' } },
    ]);
    expect(await wipeExpiredCodes(outbox.postgres, 100)).toBe(0);
  });

  it('is not sent again when a restored backup made it unknown: nothing says that it did not arrive', async () => {
    await outbox.message(await heardSender(), { ...since(RESEND_S + 1), attempt_no: 0, priority: 0 });
    expect(await resend()).toEqual([]);
  });

  it('other messages are no codes', async () => {
    const sender = await heardSender();
    const id = await outbox.message(sender);
    await attempt(sender, id);
    await ageBy(id, RESEND_S + 1);
    expect(await resend()).toEqual([]);
  });
});
