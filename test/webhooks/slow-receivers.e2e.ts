import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import { TestTenant } from '../support/tenant.js';
import { attempted, endpointOf, happen } from './delivery-lab.js';
import { Receiver } from './receiver-lab.js';

/** So many endpoints hang as there are places in the process. */
const PLACES = 10;
/** More failing endpoints than both workers hold. */
const FAILING = 1200;

/** An installation of its own: few places, short time-outs, and workers that are killed. */
describe('deliveries beside slow receivers', () => {
  let installation: Installation;
  let tenants: TestTenant[];
  let receiver: Receiver;
  let hanging: Receiver;
  beforeAll(async () => {
    installation = await Installation.start({
      redisUrl: process.env.TEST_REDIS_URL ?? '',
      workers: 2,
      env: { WEBHOOK_TIMEOUT_MS: '2000', WEBHOOK_CONCURRENCY: String(PLACES) },
    });
  }, 60_000);
  afterAll(() => installation.stop());

  const place = () => ({
    apiUrl: installation.api.apiUrl,
    sandboxUrl: installation.sandbox.url,
    databaseUrl: installation.database.url,
  });
  const tenant = async (): Promise<TestTenant> => {
    const made = await TestTenant.create({ place: place(), withoutNumber: true });
    tenants.push(made);
    return made;
  };

  beforeEach(async () => {
    tenants = [];
    [receiver, hanging] = await Promise.all([Receiver.start(), Receiver.start()]);
    // Takes requests and never answers.
    hanging.behaves(() => undefined);
  });
  afterEach(() => Promise.all([receiver.stop(), hanging.stop(), ...tenants.map((one) => one.close())]));

  it('that never answer are ended by the time-out, for which nobody else waits', async () => {
    const slow = await Promise.all(Array.from({ length: PLACES }, tenant));
    const stuck = await Promise.all(
      slow.map(async (one, n) => happen(one, await endpointOf(one, `${hanging.url}/${n}`), [1, 2, 3, 4, 5])),
    );
    await hanging.count(4);
    const quick = await tenant();
    const endpoint = await endpointOf(quick, receiver.url);
    const ids = await happen(quick, endpoint, [1, 2, 3, 4, 5, 6, 7, 8]);
    await Promise.all(ids.map((id) => attempted(quick, id, 1)));
    // The quick one has all of its own while each of the others still waits for most of its.
    const [waiting] = await quick.rows<{ n: number }>(
      "SELECT count(*)::int AS n FROM webhook_deliveries WHERE webhook_id <> $1 AND attempts = 0 AND status = 'pending'",
      [endpoint.id],
    );
    expect(waiting?.n).toBeGreaterThan(0);
    const [first] = slow;
    if (!first) throw new Error('no tenant');
    expect(await attempted(first, stuck[0]?.[0] ?? 0, 1)).toMatchObject({
      status: 'pending',
      response_status: null,
      error: 'No answer within 2 seconds.',
      pause_s: 5,
    });
  }, 60_000);

  it('and endpoints that fail, more than the workers hold, find others with events taken in between', async () => {
    const failing = await tenant();
    const copied = await endpointOf(failing, `${hanging.url}/copied`);
    await failing.rows(
      `WITH copies AS (
         INSERT INTO webhooks (tenant_id, url, events, secret_encrypted, failing_since)
         SELECT tenant_id, url, events, secret_encrypted, now() FROM webhooks CROSS JOIN generate_series(1, $2) WHERE id = $1
         RETURNING id, tenant_id),
       event AS (
         INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
         SELECT nextval(pg_get_serial_sequence('event_outbox', 'id')), $3, 'evt_1_' || repeat('f', 12), 'contact.updated', 1, now(), '{}'
         RETURNING created_at, id)
       INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, next_at)
       SELECT copies.tenant_id, copies.id, event.created_at, event.id, 'contact:' || n, now() - interval '1 minute'
         FROM copies, event, generate_series(1, 3) AS n`,
      [copied.id, FAILING, failing.id],
    );
    const held = async (): Promise<number> => {
      const [row] = await failing.rows<{ n: number }>(
        'SELECT count(*)::int AS n FROM webhook_leases WHERE tenant_id = $1 AND until > now()',
        [failing.id],
      );
      return row?.n ?? 0;
    };
    // Both workers have as many of them as they take.
    await eventually('the failing ones to be taken', async () => (await held()) >= 500 || undefined);
    const sound = await tenant();
    const ids = await happen(sound, await endpointOf(sound, receiver.url), [1, 2, 3]);
    for (const id of ids) expect(await attempted(sound, id, 1)).toMatchObject({ status: 'delivered' });
    const [left] = await failing.rows<{ n: number }>(
      'SELECT count(*)::int AS n FROM webhook_deliveries WHERE tenant_id = $1 AND attempts = 0',
      [failing.id],
    );
    expect(left?.n).toBeGreaterThan(0);
    // Those that had their turn are set aside for others of their kind.
    await eventually('the first of them to make room', async () => {
      const aside = await failing.rows(
        'SELECT FROM webhook_leases WHERE tenant_id = $1 AND troubled AND until <= now()',
        [failing.id],
      );
      return aside.length > 0 || undefined;
    });
    await failing.rows('UPDATE webhooks SET enabled = false WHERE tenant_id = $1', [failing.id]);
  }, 60_000);

  it('of a worker that is killed are made by the one that lives', async () => {
    const one = await tenant();
    const [mortal, other] = installation.workers;
    const endpoint = await endpointOf(one, receiver.url);
    // Nothing is answered before the worker is dead, so it dies with calls under way.
    receiver.behaves(() => undefined);
    // So that it is known which of them has the endpoint.
    other?.signal('SIGSTOP');
    try {
      await happen(
        one,
        endpoint,
        Array.from({ length: 60 }, (_, n) => n + 1),
      );
      await receiver.count(1);
      await mortal?.crash();
    } finally {
      other?.signal('SIGCONT');
    }
    receiver.behaves(200);
    // The lease of the dead one ends within a quarter of a minute, which passes here.
    const leases = await one.rows(
      `UPDATE webhook_leases SET until = until - interval '15 seconds' WHERE tenant_id = $1
       RETURNING until <= now() AS "isOver"`,
      [one.id],
    );
    expect(leases).toEqual([{ isOver: true }]);
    await eventually('all of it to be delivered', async () => {
      const delivered = await one.rows("SELECT FROM webhook_deliveries WHERE tenant_id = $1 AND status = 'delivered'", [
        one.id,
      ]);
      return delivered.length === 60 || undefined;
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(60);
    // What was under way came twice.
    expect(receiver.received.length).toBeGreaterThan(60);
  }, 60_000);
});
