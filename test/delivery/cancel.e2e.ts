import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { cancelMessage } from '../../src/delivery/cancel/cancel-message.js';
import { isContention } from '../../src/platform/database/database-errors.js';
import { Outbox, type Sender } from './outbox.js';

let outbox: Outbox;
let sender: Sender;
beforeEach(async () => {
  outbox = await Outbox.create();
  sender = await outbox.sender();
});
afterEach(() => outbox.close());

const cancel = (id: number) => cancelMessage(outbox.postgres, sender.tenantId, id);
/** Again when the row was held for longer than a worker waits, as a worker would be. */
const claim = async (id: number): Promise<boolean> => {
  try {
    const [claimed] = await claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'w' });
    return claimed !== null;
  } catch (error) {
    if (!isContention(error)) throw error;
    return claim(id);
  }
};

describe('a cancelled message', () => {
  it('is released and claimed by nobody any more, and its media address ends', async () => {
    const id = await outbox.message(sender);
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled', chatId: await outbox.chatOf(id) });
    expect(await claim(id)).toBe(false);
    expect(await outbox.read(id)).toMatchObject({ status: 'cancelled', next_at: null });
    expect([29, 30]).toContain((await outbox.read(id)).link_expires_in_days);
  });

  it('was not in work', async () => {
    const id = await outbox.message(sender);
    await claim(id);
    expect(await cancel(id)).toEqual({ kind: 'too_late', status: 'sending' });
    expect(await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45)).toEqual(['submitted']);
    // A submission that lapsed may have left.
    await outbox.run(`UPDATE messages SET next_at = now() - interval '1 second' WHERE id = $1`, [id]);
    expect(await cancel(id)).toEqual({ kind: 'too_late', status: 'sending' });
  });

  it('may have been claimed by a worker that died; should it live, it steps aside', async () => {
    const id = await outbox.message(sender);
    await claim(id);
    await outbox.run(`UPDATE messages SET next_at = now() - interval '1 second' WHERE id = $1`, [id]);
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled' });
    expect(await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45)).toEqual(['gone']);
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'released' }]);
  });

  it('is never both cancelled and claimed', async () => {
    const ids = await outbox.messages(sender, 40);
    const outcomes = await Promise.all(
      ids.map(async (id, n) => {
        const both = n % 2 === 0 ? [claim(id), cancel(id)] : [cancel(id), claim(id)];
        const results = await Promise.all(both);
        return [results.includes(true), results.some((one) => typeof one === 'object' && one.kind === 'cancelled')];
      }),
    );
    expect(outcomes.filter(([claimed, cancelled]) => claimed === cancelled)).toEqual([]);
  });

  it('belongs to the tenant', async () => {
    const other = await outbox.sender();
    const id = await outbox.message(other);
    expect(await cancel(id)).toBeUndefined();
    expect(await outbox.read(id)).toMatchObject({ status: 'queued' });
  });

  it('is not one that may have gone out after the backup that was restored', async () => {
    const [doubtful, later] = [
      await outbox.message(sender, {
        created_at: `now() - interval '1 hour'`,
        due_at: `now() - interval '1 hour'`,
      }),
      await outbox.message(sender, { created_at: `now() - interval '1 hour'`, due_at: `now() + interval '1 hour'` }),
    ];
    await outbox.run(`INSERT INTO delivery_hold (held_at, reason) VALUES (now() - interval '1 minute', 'restored')`);
    const since = await outbox.message(sender);
    expect(await cancel(doubtful)).toEqual({ kind: 'in_doubt' });
    expect(await outbox.read(doubtful)).toMatchObject({ status: 'queued' });
    for (const id of [later, since]) expect(await cancel(id)).toMatchObject({ kind: 'cancelled' });
    await outbox.run('DELETE FROM delivery_hold');
    expect(await cancel(doubtful)).toMatchObject({ kind: 'cancelled' });
  });
});
