import { jest } from '@jest/globals';
import { SendingLab } from '../delivery/sending-lab.js';
import { eventually } from '../support/eventually.js';
import type { TestTenant } from '../support/tenant.js';
import { FAULT_TEST_MS } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

/** A fifth of the worker's places. */
const PLACES = 10;

let lab: SendingLab;
beforeAll(async () => {
  lab = await SendingLab.start({
    env: { DELIVERY_CONCURRENCY: '50', WHATSAPP_TIMEOUT_MS: '4000', SUBMIT_LEASE_S: '6' },
  });
});
afterAll(() => lab.stop());

const inWork = async (tenant: TestTenant): Promise<number> => {
  const [row] = await tenant.rows<{ n: number }>(
    'SELECT count(*)::int AS n FROM messages WHERE tenant_id = $1 AND attempt_state IS NOT NULL',
    [tenant.id],
  );
  return row?.n ?? NaN;
};

it('a number whose calls hang holds up no other, is left alone after 20 time-outs, and comes back by itself', async () => {
  const [hanging, other] = [await lab.tenant(), await lab.tenant()];
  for (const tenant of [hanging, other]) {
    await lab.sendOne(tenant);
    await lab.settled(tenant);
  }
  await hanging.control.addFault(hanging.phoneNumberId, { kind: 'delay', delay_ms: 60_000 });
  await lab.fill(hanging, 60);
  await eventually('every place of the number being taken', async () =>
    (await inWork(hanging)) === PLACES ? true : undefined,
  );

  // The other number's messages all leave while the first calls hang.
  await lab.fill(other, 60);
  await lab.settled(other);
  expect(await inWork(hanging)).toBeLessThanOrEqual(PLACES);
  const unknown = (await lab.messages(hanging)).filter(({ status }) => status === 'unknown');
  const [worker] = lab.installation.workers;
  await eventually('the breaker opening', () => (worker?.log.includes('breaker_open') ? true : undefined));
  expect(unknown.length).toBeLessThan(60);
  await eventually('the last of its calls timing out', async () => ((await inWork(hanging)) === 0 ? true : undefined));
  const left = (await lab.messages(hanging)).filter(({ status }) => status === 'queued' || status === 'sending');
  expect(left.length).toBeGreaterThan(0);

  await hanging.control.clearFaults(hanging.phoneNumberId);
  await eventually(
    'the rest leaving after the probe',
    async () => {
      const messages = await lab.messages(hanging);
      return messages.some(({ status }) => status === 'queued' || status === 'sending') ? undefined : true;
    },
    60_000,
  );
  const sent = (await lab.messages(hanging)).filter(({ status }) => ['sent', 'delivered', 'read'].includes(status));
  expect(sent.length).toBeGreaterThanOrEqual(left.length);
  const { duplicates } = await hanging.control.counts(hanging.phoneNumberId);
  expect(duplicates).toEqual({});
});

it('what the API releases, which knows nothing of the worker, takes no more than the places of its number either', async () => {
  const tenant = await lab.tenant();
  await lab.sendOne(tenant);
  await lab.settled(tenant);
  await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 60_000 });
  await Promise.all(Array.from({ length: 3 * PLACES }, (_, n) => lab.sendOne(tenant, String(201077777700 + n))));
  const callsAtOnce = async (): Promise<number> => {
    const [most] = await tenant.rows<{ calls: number }>(
      `SELECT max(calls)::int AS calls
         FROM (SELECT sum(change) OVER (ORDER BY at, change) AS calls
                 FROM attempts a JOIN messages m ON m.id = a.message_id
                CROSS JOIN LATERAL (VALUES (a.submitting_at, 1), (a.finished_at, -1)) AS event (at, change)
                WHERE m.tenant_id = $1 AND a.submitting_at IS NOT NULL AND at IS NOT NULL) AS at_once`,
      [tenant.id],
    );
    return most?.calls ?? NaN;
  };
  await eventually('every place of the number being in a call', async () =>
    (await callsAtOnce()) >= PLACES ? true : undefined,
  );
  await eventually('every message being in work, given back or over', async () => {
    const released = await tenant.rows(
      `SELECT 1 FROM messages WHERE tenant_id = $1 AND attempt_state IS NULL AND next_at > now() LIMIT 1`,
      [tenant.id],
    );
    return released.length === 0 ? true : undefined;
  });
  expect(await callsAtOnce()).toBe(PLACES);
  await tenant.control.clearFaults(tenant.phoneNumberId);
});
