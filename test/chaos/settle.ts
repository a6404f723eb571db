import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosLab } from './lab.js';
import { writeOnce } from './load.js';

const LOOK_MS = 250;
/** Customers go on writing, as they do: that the account's webhooks come through is how silence is told from deafness. */
const PULSE_MS = 1000;

/** What keeps the platform from having come to rest; empty when nothing does. */
async function unsettled(lab: ChaosLab): Promise<string[]> {
  const open = await lab.rows<{ status: string; held_by: string | null; n: number; ids: number[] }>(
    `SELECT status, held_by, count(*)::int AS n, (array_agg(id::int ORDER BY id))[1:5] AS ids FROM messages
      WHERE direction = 'outbound' AND status IN ('queued', 'sending', 'unknown') GROUP BY status, held_by`,
  );
  const [inbox] = await lab.rows<{ n: number }>(
    'SELECT count(*)::int AS n FROM webhook_inbox WHERE processed_at IS NULL',
  );
  const { accounts } = await lab.control.call<{
    accounts: { waba_id: string; messages_under_way: number; webhook_backlog: number }[];
  }>('GET', '/stats');
  const ours = accounts.filter(({ waba_id }) => lab.tenants.some(({ wabaId }) => wabaId === waba_id));
  return [
    ...open.map(
      ({ status, held_by, n, ids }) =>
        `${n} messages are ${status}${held_by === null ? '' : `, held by their ${held_by}`} (${ids.join(', ')}${n > 5 ? ', …' : ''})`,
    ),
    ...((inbox?.n ?? 0) > 0 ? [`${inbox?.n} webhooks are stored and not processed`] : []),
    ...ours.flatMap(({ webhook_backlog, messages_under_way }) => [
      ...(webhook_backlog > 0 ? [`WhatsApp has ${webhook_backlog} webhooks that nobody took`] : []),
      ...(messages_under_way > 0 ? [`WhatsApp has ${messages_under_way} messages under way`] : []),
    ]),
  ];
}

/** A platform in which nothing moves for this long has come to rest. All waits of the lab's settings fit in twice. */
const STANDSTILL_MS = 40_000;
/** Nor does it move for ever: a run has to end. */
const LONGEST_MS = 65_000;

/** Waits until the platform has come to rest; answers what is left when nothing moves any more. */
export async function settle(lab: ChaosLab): Promise<string[]> {
  const begun = performance.now();
  let deadline = begun + STANDSTILL_MS;
  let pulse = begun;
  let before = '';
  for (;;) {
    // WhatsApp would try again by itself, minutes later.
    for (const { wabaId } of lab.tenants) await lab.control.call('POST', `/accounts/${wabaId}/webhooks/retry`, {});
    const left = await unsettled(lab);
    if (left.length === 0 || performance.now() > deadline) return left;
    if (left.join() !== before) deadline = Math.min(performance.now() + STANDSTILL_MS, begun + LONGEST_MS);
    before = left.join();
    if (left.some((what) => what.includes('are unknown')) && performance.now() > pulse) {
      pulse = performance.now() + PULSE_MS;
      await Promise.all(lab.tenants.map((_, tenant) => writeOnce(lab, tenant, `20109999999${tenant}`)));
    }
    await pause(LOOK_MS);
  }
}
