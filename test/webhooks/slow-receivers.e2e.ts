import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Installation } from '../support/installation.js';
import { TestTenant } from '../support/tenant.js';
import { attempted, endpointOf, happen } from './delivery-lab.js';
import { Receiver } from './receiver-lab.js';

/** So many endpoints hang as there are places in the process. */
const PLACES = 10;

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

  it('of a worker that is killed are made by another', async () => {
    const one = await tenant();
    const endpoint = await endpointOf(one, receiver.url);
    // One answer is held back, so that some of it is under way when the worker dies.
    receiver.behaves((_request, response) => void setTimeout(() => response.writeHead(200).end(), 100));
    const ids = await happen(
      one,
      endpoint,
      Array.from({ length: 60 }, (_, n) => n + 1),
    );
    await receiver.count(5);
    await Promise.all(installation.workers.map((worker) => worker.crash()));
    const left = await one.rows<{ id: number }>(
      'SELECT id FROM webhook_deliveries WHERE tenant_id = $1 AND attempts = 0',
      [one.id],
    );
    expect(left.length).toBeGreaterThan(0);
    await installation.workers[0]?.start();
    for (const id of ids) expect(await attempted(one, id, 1)).toMatchObject({ status: 'delivered' });
    const arrived = new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    expect(arrived.size).toBe(60);
  }, 90_000);
});
