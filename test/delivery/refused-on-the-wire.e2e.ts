import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { decideEnd } from '../../src/delivery/attempts/decide-end.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { recordEnds } from '../../src/delivery/attempts/record-ends.js';
import { takeDue } from '../../src/delivery/recovery/take-due.js';
import { advanceStatuses, type StatusChange } from '../../src/delivery/status/advance-status.js';
import { parkStatuses } from '../../src/delivery/status/parked-statuses.js';
import type { Refused, SendResult } from '../../src/whatsapp/client/send-result.js';
import { classify } from '../../src/whatsapp/errors/classify.js';
import { Outbox, type Sender } from './outbox.js';

/** WhatsApp tells a refusal twice: as the answer to the call, and by a webhook that may be faster. */
let outbox: Outbox;
let sender: Sender;
beforeAll(async () => {
  outbox = await Outbox.create();
});
beforeEach(async () => {
  sender = await outbox.sender();
});
afterAll(() => outbox.close());

const HISTORY = { attemptNo: 1, retries: 0 };
const UNAVAILABLE = 131016;
const TOKEN_EXPIRED = 190;
const UNDELIVERABLE = 131026;
let wamids = 0;

const refused = (code: number): Refused => ({
  kind: 'refused',
  httpStatus: 500,
  code,
  title: 'title',
  details: null,
  fbtraceId: null,
  classification: classify(code, 500),
});

async function submitting(): Promise<number> {
  const id = await outbox.message(sender);
  await claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'w' });
  await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45);
  return id;
}
const answer = (id: number, result: SendResult) =>
  recordEnds(outbox.postgres, [
    {
      messageId: id,
      tenantId: sender.tenantId,
      numberId: sender.numberId,
      attemptNo: 1,
      end: decideEnd(result, HISTORY, 0),
    },
  ]);
/** The webhook, as the processor applies it. */
async function report(id: number, code: number, more: Partial<StatusChange> = {}): Promise<string> {
  const wamid = more.wamid ?? `wamid.r${(wamids += 1)}`;
  const { unmatched } = await advanceStatuses(outbox.postgres, [
    {
      numberId: sender.numberId,
      messageId: id,
      attemptNo: 1,
      status: 'failed',
      occurredAt: new Date(),
      error: { code: String(code), title: 'title', details: null },
      ...more,
      wamid,
    },
  ]);
  await parkStatuses(outbox.postgres, unmatched);
  return wamid;
}
const lapse = (id: number) =>
  outbox.run(`UPDATE messages SET next_at = now() - interval '1 second' WHERE id = $1`, [id]);
const take = (paused = false) =>
  takeDue(outbox.postgres, { numberId: sender.numberId, priority: 4, paused, limit: 10, leaseS: 10, orderHoldS: 300 });

describe.each([UNAVAILABLE, TOKEN_EXPIRED])('a refusal that may pass (%s)', (code) => {
  it('goes on to its retry when the webhook comes before the answer', async () => {
    const id = await submitting();
    await report(id, code);
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: 'submitting', error_code: null });
    await answer(id, refused(code));
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sending', attempt_state: null, error_code: null });
    expect(row.next_at).not.toBeNull();
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'refused', error_code: code }]);
  });

  it('goes on to its retry when the answer comes before the webhook', async () => {
    const id = await submitting();
    await answer(id, refused(code));
    await report(id, code);
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: null, error_code: null });
  });

  it.each([false, true])('goes on to its retry when the worker died in between (paused: %s)', async (paused) => {
    const id = await submitting();
    await report(id, code);
    await lapse(id);
    expect(await take(paused)).toMatchObject({ taken: 1, released: [{ id, generation: 2 }] });
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: null, retries: 1 });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'refused', error_code: code }]);
  });

  it('expires when the worker died and it is too late for another try', async () => {
    const id = await submitting();
    await report(id, code);
    await outbox.run(
      `UPDATE messages SET expires_at = now() - interval '1 second', next_at = now() - interval '1 second' WHERE id = $1`,
      [id],
    );
    expect(await take()).toMatchObject({ taken: 1, released: [] });
    expect(await outbox.read(id)).toMatchObject({ status: 'expired' });
  });

  it('fails after all when the answer was an acceptance: then it is the report of a later failure', async () => {
    const id = await submitting();
    const wamid = await report(id, code);
    const { messages } = await answer(id, { kind: 'accepted', wamid });
    expect(messages).toMatchObject([{ status: 'failed', error: { code: String(code) } }]);
    expect(await outbox.read(id)).toMatchObject({ status: 'failed', wamid, error_code: String(code) });
  });

  it('is overruled by a status of the same attempt', async () => {
    const id = await submitting();
    const wamid = await report(id, code);
    await report(id, code, { wamid, status: 'delivered', error: undefined });
    expect(await outbox.read(id)).toMatchObject({ status: 'delivered', attempt_state: null, next_at: null });
  });
});

describe('a refusal for good', () => {
  it('ends the message before its answer does', async () => {
    const id = await submitting();
    await report(id, UNDELIVERABLE);
    expect(await outbox.read(id)).toMatchObject({ status: 'failed', error_code: String(UNDELIVERABLE), next_at: null });
  });
});

describe('a lapsed submission', () => {
  it('is unknown without a report', async () => {
    const id = await submitting();
    await lapse(id);
    expect(await take()).toMatchObject({ taken: 1, released: [] });
    expect(await outbox.read(id)).toMatchObject({ status: 'unknown' });
  });

  it('is unknown when the report was about an earlier attempt', async () => {
    const id = await submitting();
    await outbox.run('UPDATE messages SET attempt_no = 2 WHERE id = $1', [id]);
    await outbox.attempt(id, 2, 'submitting');
    await report(id, UNAVAILABLE);
    await lapse(id);
    expect(await take()).toMatchObject({ taken: 1, released: [] });
    expect(await outbox.read(id)).toMatchObject({ status: 'unknown' });
  });
});
