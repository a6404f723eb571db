import type { AttemptEnd } from '../../src/delivery/attempts/attempt-end.js';
import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import {
  decideEnd,
  failedHere,
  notWritten,
  pausedHere,
  releasedUnsent,
} from '../../src/delivery/attempts/decide-end.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { recordEnds } from '../../src/delivery/attempts/record-ends.js';
import { parkStatuses } from '../../src/delivery/status/parked-statuses.js';
import { Outbox, type MessageColumns, type Sender } from './outbox.js';

let outbox: Outbox;
let sender: Sender;
beforeAll(async () => {
  outbox = await Outbox.create();
  sender = await outbox.sender();
});
afterAll(() => outbox.close());

const FIRST = { attemptNo: 1, retries: 0 };
let wamids = 0;
const newWamid = (): string => `wamid.a${(wamids += 1)}`;
const accepted = (wamid = newWamid()): AttemptEnd => decideEnd({ kind: 'accepted', wamid }, FIRST, 0);
const unknown = decideEnd({ kind: 'unknown', reason: 'ETIMEDOUT' }, FIRST, 0);

const claim = (...ids: number[]) =>
  claimMessages(
    outbox.postgres,
    ids.map((id) => ({ id, generation: 1 })),
    { leaseS: 30, worker: 'w' },
  );
const end = async (messageId: number, attemptEnd: AttemptEnd, attemptNo = 1) => {
  const { tenantId, numberId } = sender;
  return recordEnds(outbox.postgres, [{ messageId, tenantId, numberId, attemptNo, end: attemptEnd }]);
};
/** A message whose first attempt is about to be written. */
async function submitting(columns: MessageColumns = {}): Promise<number> {
  const id = await outbox.message(sender, columns);
  await claim(id);
  await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45);
  return id;
}

describe('the end of an attempt', () => {
  it('accepted: the message is sent, and who waits is told', async () => {
    const id = await submitting({ waiter: `'channel key'` });
    const wamid = newWamid();
    const { messages } = await end(id, accepted(wamid));
    expect(messages).toMatchObject([{ id, status: 'sent', wamid, waiter: 'channel key', error: null }]);
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sent', wamid, attempt_state: null, next_at: null });
    expect(row.sent_at).not.toBeNull();
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'accepted', wamid, http_status: 200 }]);
  });

  it('refused for good: failed, and the media address gets its end', async () => {
    const id = await submitting({ waiter: `'channel key'` });
    const { messages } = await end(id, failedHere('MEDIA_NOT_FOUND', 'gone\0', 'x'.repeat(5000)));
    expect(messages).toMatchObject([{ status: 'failed', waiter: 'channel key', error: { code: 'MEDIA_NOT_FOUND' } }]);
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'failed', error_code: 'MEDIA_NOT_FOUND', error_title: 'gone', next_at: null });
    expect(row.failed_at).not.toBeNull();
    expect(row.link_expires_in_days).toBe(29);
  });

  it('to be tried again: still sending, not told, due after the pause, counted when it counts', async () => {
    const id = await submitting({ waiter: `'channel key'` });
    const retry: AttemptEnd = {
      ...accepted(),
      state: 'refused',
      fate: { kind: 'again', delayMs: 8000, countsAsRetry: true },
    };
    expect((await end(id, retry)).messages).toMatchObject([{ status: 'sending', waiter: null }]);
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sending', attempt_state: null, retries: 1 });
    expect(row.next_in_s).toBeGreaterThan(7);
    const unwritten = await submitting();
    await end(unwritten, notWritten('ECONNREFUSED', FIRST, 1));
    expect(await outbox.read(unwritten)).toMatchObject({ status: 'sending', retries: 0 });
    expect(await outbox.attempts(unwritten)).toMatchObject([{ state: 'not_written' }]);
  });

  it('unknown: never released again by itself, not told', async () => {
    const id = await submitting({ waiter: `'channel key'` });
    expect((await end(id, unknown)).messages).toMatchObject([{ status: 'unknown', waiter: null }]);
    expect(await outbox.read(id)).toMatchObject({ status: 'unknown', next_at: null, attempt_state: null });
  });

  it('a fault of the account pauses all its numbers; the message waits, due', async () => {
    const { tenantId, accountId } = sender;
    const sibling = await outbox.sender();
    await outbox.run('UPDATE phone_numbers SET tenant_id = $2, account_id = $3 WHERE id = $1', [
      sibling.numberId,
      tenantId,
      accountId,
    ]);
    const id = await submitting();
    const { paused } = await end(id, pausedHere('the token is gone'));
    expect(paused.map((number) => number.id)).toEqual([sender.numberId, sibling.numberId]);
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sending', attempt_state: null, retries: 0 });
    expect(row.next_in_s).toBeLessThanOrEqual(0);
    await outbox.run('UPDATE phone_numbers SET paused_at = NULL WHERE account_id = $1', [accountId]);
  });

  it('given back by a stopping worker: due at once', async () => {
    const id = await submitting();
    await end(id, releasedUnsent('the worker stops', 0));
    expect((await outbox.read(id)).next_in_s).toBeLessThanOrEqual(0);
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'released' }]);
  });

  it('each of a group by itself, a message twice in it included', async () => {
    const [one, two] = [await submitting(), await submitting()];
    const { tenantId, numberId } = sender;
    const ends = [
      { messageId: two, attemptNo: 1, end: unknown },
      { messageId: one, attemptNo: 1, end: accepted() },
      { messageId: two, attemptNo: 1, end: accepted() },
    ].map((item) => ({ ...item, tenantId, numberId }));
    const { messages } = await recordEnds(outbox.postgres, ends);
    expect(messages.map((message) => message?.status)).toEqual(['unknown', 'sent', 'sent']);
  });
});

describe('an answer that comes late', () => {
  it('accepted settles what had become unknown', async () => {
    const id = await submitting();
    await end(id, unknown);
    await end(id, accepted());
    expect(await outbox.read(id)).toMatchObject({ status: 'sent' });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'accepted' }]);
  });

  it('refused settles it, too: it can be tried again', async () => {
    const id = await submitting();
    await end(id, unknown);
    await end(id, notWritten('reset', FIRST, 1));
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: null });
  });

  it('accepted takes back a failure by policy', async () => {
    const id = await submitting();
    await outbox.run(
      `UPDATE messages SET status = 'failed', error_code = 'UNKNOWN_OUTCOME', failed_at = now(),
                      attempt_state = NULL, next_at = NULL WHERE id = $1`,
      [id],
    );
    await end(id, accepted());
    expect(await outbox.read(id)).toMatchObject({ status: 'sent', error_code: null, failed_at: null });
  });

  it('accepted stops a later attempt that has not left yet', async () => {
    const id = await submitting();
    await outbox.run(`UPDATE messages SET attempt_no = 2, attempt_state = 'claimed' WHERE id = $1`, [id]);
    await outbox.attempt(id, 2, 'claimed');
    await end(id, accepted());
    expect(await outbox.read(id)).toMatchObject({ status: 'sent', attempt_state: null });
    expect(await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 2 }], 45)).toEqual(['gone']);
  });

  it('keeps what a status webhook has reached already', async () => {
    const id = await submitting();
    const wamid = newWamid();
    await outbox.run(`UPDATE messages SET status = 'read', attempt_state = NULL, next_at = NULL WHERE id = $1`, [id]);
    await end(id, accepted(wamid));
    expect(await outbox.read(id)).toMatchObject({ status: 'read', wamid });
  });

  it.each([
    ['unknown', unknown],
    ['refused', failedHere('X', 'x', null)],
    ['not written', notWritten('x', FIRST, 0)],
  ])('%s changes nothing once WhatsApp has confirmed the message', async (_what, late) => {
    const id = await submitting();
    await end(id, accepted());
    expect((await end(id, late)).messages).toEqual([null]);
    expect(await outbox.read(id)).toMatchObject({ status: 'sent', error_code: null });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'accepted' }]);
  });
});

describe('statuses that were faster than the answer', () => {
  it('are applied when the wamid is stored, and the waiter hears of the sum', async () => {
    const id = await submitting({ waiter: `'channel key'` });
    const wamid = newWamid();
    const occurredAt = new Date(Date.UTC(2026, 0, 1));
    await parkStatuses(outbox.postgres, [
      { numberId: sender.numberId, wamid, status: 'delivered', occurredAt },
      { numberId: sender.numberId, wamid, status: 'sent', occurredAt },
    ]);
    const { messages } = await end(id, accepted(wamid));
    expect(messages).toMatchObject([{ status: 'delivered', wamid, waiter: 'channel key' }]);
    expect(await outbox.read(id)).toMatchObject({ status: 'delivered', sent_at: occurredAt });
  });
});
