import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { decideEnd } from '../../src/delivery/attempts/decide-end.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { recordEnds } from '../../src/delivery/attempts/record-ends.js';
import { parkStatuses } from '../../src/delivery/status/parked-statuses.js';
import { classify } from '../../src/whatsapp/errors/classify.js';
import { Outbox, type MessageColumns, type Sender } from './outbox.js';

/** What an answer to a send says of its recipient. */
describe('a refusal', () => {
  let outbox: Outbox;
  let sender: Sender;
  beforeAll(async () => {
    outbox = await Outbox.create();
    sender = await outbox.sender();
  });
  afterAll(() => outbox.close());

  const FIRST = { attemptNo: 1, retries: 0 };
  const refusal = (code: number) => {
    const said = { title: 'refused', details: null, httpStatus: 400, fbtraceId: null };
    return decideEnd({ kind: 'refused', code, ...said, classification: classify(code, 400) }, FIRST, 0);
  };
  const submitting = async (columns: MessageColumns = {}): Promise<number> => {
    const id = await outbox.message(sender, columns);
    await claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'w' });
    await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45);
    return id;
  };
  const end = (messageId: number, attemptEnd: ReturnType<typeof decideEnd>) => {
    const { tenantId, numberId } = sender;
    return recordEnds(outbox.postgres, [{ messageId, tenantId, numberId, attemptNo: 1, end: attemptEnd }]);
  };
  /** The customer's newest message is from then, by the time of the database. */
  const wrote = (id: number, when: string) =>
    outbox.run(
      `UPDATE chats SET last_inbound_at = ${when}, service_window_expires_at = ${when} + interval '24 hours'
        WHERE id = (SELECT chat_id FROM messages WHERE id = $1)`,
      [id],
    );
  const isOpen = async (id: number): Promise<boolean | null | undefined> => {
    const { rows } = await outbox.postgres.pool.query<{ open: boolean | null }>(
      `SELECT h.service_window_expires_at > now() AS open FROM messages m JOIN chats h ON h.id = m.chat_id WHERE m.id = $1`,
      [id],
    );
    return rows[0]?.open;
  };
  const marketingStopped = async (id: number): Promise<boolean | undefined> => {
    const { rows } = await outbox.postgres.pool.query<{ marketing_stopped: boolean }>(
      `SELECT k.marketing_stopped FROM messages m JOIN contacts k ON k.id = m.contact_id WHERE m.id = $1`,
      [id],
    );
    return rows[0]?.marketing_stopped;
  };

  it('131047 closes the service window, whatever our clock says', async () => {
    const id = await submitting();
    await wrote(id, `(now() - interval '1 minute')`);
    expect(await isOpen(id)).toBe(true);
    const { messages } = await end(id, refusal(131047));
    expect(messages).toMatchObject([{ id, status: 'failed', error: { code: '131047' } }]);
    expect(await isOpen(id)).toBe(false);
  });

  it('131047 leaves it open for who wrote while the request was on its way', async () => {
    const id = await submitting();
    // Times are stored to the millisecond, and the request may have begun in this one.
    await wrote(id, `(now() + interval '1 second')`);
    await end(id, refusal(131047));
    expect(await isOpen(id)).toBe(true);
  });

  it('131047 makes no window where there was none', async () => {
    const id = await submitting();
    await end(id, refusal(131047));
    expect(await isOpen(id)).toBeNull();
  });

  it('131047 counts, too, when it was reported before the wamid was known', async () => {
    const id = await submitting();
    await wrote(id, `(now() - interval '1 minute')`);
    const wamid = 'wamid.parked';
    const error = { code: '131047', title: 'Re-engagement message', details: null };
    await parkStatuses(outbox.postgres, [
      { numberId: sender.numberId, wamid, status: 'failed', occurredAt: new Date(), error },
    ]);
    const { messages, failure } = await end(id, decideEnd({ kind: 'accepted', wamid }, FIRST, 0));
    expect({ messages, failure }).toMatchObject({ messages: [{ id, status: 'failed' }], failure: null });
    expect(await isOpen(id)).toBe(false);
  });

  it('131050 stops marketing for its contact: what waits of it fails, and who waits for that is told', async () => {
    const marketing = { type: `'template'`, content: `'{"category":"MARKETING"}'::jsonb` };
    const id = await submitting(marketing);
    const waiting = await outbox.message(sender, { ...marketing, waiter: `'channel key'` });
    await outbox.run(
      `UPDATE messages m SET contact_id = o.contact_id, chat_id = o.chat_id, held_by = 'lane', next_at = NULL
         FROM messages o WHERE m.id = $1 AND o.id = $2`,
      [waiting, id],
    );
    const stranger = await outbox.message(sender, marketing);
    const { messages, others, failure } = await end(id, refusal(131050));
    expect({ messages, failure }).toMatchObject({ messages: [{ id, error: { code: '131050' } }], failure: null });
    expect(others).toMatchObject([
      { id: waiting, status: 'failed', waiter: 'channel key', error: { code: 'CONTACT_OPTED_OUT' } },
    ]);
    expect(await marketingStopped(id)).toBe(true);
    expect(await outbox.read(waiting)).toMatchObject({ status: 'failed', error_code: 'CONTACT_OPTED_OUT' });
    expect(await marketingStopped(stranger)).toBe(false);
    expect(await outbox.read(stranger)).toMatchObject({ status: 'queued' });
  });

  it('of another kind changes neither', async () => {
    const id = await submitting();
    await wrote(id, `(now() - interval '1 minute')`);
    await end(id, refusal(131026));
    expect([await isOpen(id), await marketingStopped(id)]).toEqual([true, false]);
  });
});
