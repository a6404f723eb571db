import { randomUUID } from 'node:crypto';
import type { AttemptEnd } from '../../src/delivery/attempts/attempt-end.js';
import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { decideEnd } from '../../src/delivery/attempts/decide-end.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { recordEnds, type RecordedEnds } from '../../src/delivery/attempts/record-ends.js';
import { eventually } from '../support/eventually.js';
import type { MessageColumns, Outbox, Sender } from './outbox.js';

/** A message that waits for an earlier one of its lane. */
export const HELD: MessageColumns = { held_by: `'lane'`, next_at: `now() + interval '5 minutes'` };

/** WhatsApp's acceptance of a first attempt. */
export const accepted = (): AttemptEnd =>
  decideEnd({ kind: 'accepted', wamid: `wamid.${randomUUID()}` }, { attemptNo: 1, retries: 0 }, 0);

/** Ends the first attempt of a message, as the worker does. */
export const endOf = (outbox: Outbox, sender: Sender, messageId: number, end: AttemptEnd): Promise<RecordedEnds> =>
  recordEnds(outbox.postgres, [{ messageId, tenantId: sender.tenantId, numberId: sender.numberId, attemptNo: 1, end }]);

/** A message on the wire, and `followers` that wait behind it, oldest first. */
export async function laneOf(
  outbox: Outbox,
  sender: Sender,
  followers: number,
): Promise<{ head: number; followers: number[] }> {
  const head = await outbox.message(sender, { due_at: `now() - interval '10 seconds'` });
  await claimMessages(outbox.postgres, [{ id: head, generation: 1 }], { leaseS: 30, worker: 'w' });
  await submitAttempts(outbox.postgres, [{ messageId: head, attemptNo: 1 }], 45);
  const ids: number[] = [];
  for (let n = 0; n < followers; n += 1) {
    ids.push(await appendTo(outbox, sender, head, { due_at: `now() - interval '${9 - n} seconds'` }));
  }
  return { head, followers: ids };
}

/** A further message in the lane of `head`, held. */
export async function appendTo(
  outbox: Outbox,
  sender: Sender,
  head: number,
  columns: MessageColumns = {},
): Promise<number> {
  return outbox.message(sender, { ...HELD, chat_id: await outbox.chatOf(head), ...columns });
}

/** Until a session of the test's database waits for a lock. */
export const someoneWaits = (outbox: Outbox): Promise<true> =>
  eventually('somebody waiting for a lock', async () => {
    const { rows } = await outbox.postgres.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows[0]?.n === 0 ? undefined : true;
  });
