import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { DEAD_LETTER_QUEUE, type DeadLetterJob } from '../../src/platform/queue/dead-letter-queue.js';
import { Installation } from '../support/installation.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

const PASSWORD = 'a password of operators';

interface Delivery {
  id: number;
  status: string;
  replay_of: number | null;
}

/** Real: a worker with its operator port, Redis, and rows as the deliverer leaves them when it gives up. */
describe("the operator's pages of the queues", () => {
  let installation: Installation;
  let tenant: TestTenant;
  let pages: string;

  beforeAll(async () => {
    const { TEST_REDIS_URL } = process.env;
    if (!TEST_REDIS_URL) throw new Error('run the end-to-end tests by "npm test"');
    installation = await Installation.start({ redisUrl: TEST_REDIS_URL, env: { OPERATOR_PASSWORD: PASSWORD } });
    const { api, sandbox, database } = installation;
    tenant = await TestTenant.create({
      place: { apiUrl: api.apiUrl, sandboxUrl: sandbox.url, databaseUrl: database.url },
    });
    pages = `${installation.workers[0]?.operatorUrl}/queues`;
  });
  afterAll(async () => {
    await tenant.close();
    await installation.stop();
  });

  const ask = (path: string, given: { method?: string; password?: string; site?: string } = {}): Promise<Response> =>
    fetch(`${pages}${path}`, {
      method: given.method ?? 'GET',
      headers: {
        Authorization: `Basic ${Buffer.from(`operator:${given.password ?? PASSWORD}`).toString('base64')}`,
        ...(given.site === undefined ? {} : { 'Sec-Fetch-Site': given.site }),
      },
    });

  /** A delivery that was given up, to an endpoint that nobody delivers to. */
  async function givenUp(error: string, type = 'contact.created'): Promise<{ id: number; webhookId: number }> {
    const [row] = await tenant.rows<{ id: number; webhookId: number }>(
      `WITH endpoint AS (
         INSERT INTO webhooks (tenant_id, url, events, secret_encrypted, enabled)
         VALUES ($1, 'https://example.com', '{*}', '', false) RETURNING id),
       event AS (
         INSERT INTO events (id, tenant_id, event_id, type, resource_id, occurred_at, payload)
         SELECT id, $1, 'evt_' || id, $3, 7, now(), '{}' FROM endpoint RETURNING created_at, id)
       INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, status, next_at, error)
       SELECT $1, endpoint.id, event.created_at, event.id, 'contact:7', 'dead', NULL, $2 FROM endpoint, event
       RETURNING id::int, webhook_id AS "webhookId"`,
      [tenant.id, error, type],
    );
    if (!row) throw new Error('nothing was stored');
    return row;
  }

  const deliveriesOf = (webhookId: number): Promise<Delivery[]> =>
    tenant.rows<Delivery>(
      'SELECT id::int, status, replay_of::int FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY id',
      [webhookId],
    );

  async function failedJobs(): Promise<{ id: string; name: string; failedReason: string }[]> {
    const answer = await ask(`/api/queues?activeQueue=${DEAD_LETTER_QUEUE}&status=failed`);
    const { queues } = (await answer.json()) as {
      queues: { name: string; jobs: { id: string; name: string; failedReason: string }[] }[];
    };
    return queues.find(({ name }) => name === DEAD_LETTER_QUEUE)?.jobs ?? [];
  }
  const openQueue = () =>
    new Queue<DeadLetterJob>(DEAD_LETTER_QUEUE, {
      connection: { url: installation.redis.url },
      prefix: `{${installation.redis.prefix}}`,
    });
  const laidOut = (id: number) =>
    eventually(`d-${id} lies there`, async () => (await failedJobs()).find((one) => one.id === `d-${id}`));
  const gone = (id: number) =>
    eventually(`d-${id} is gone`, async () =>
      (await failedJobs()).some((one) => one.id === `d-${id}`) ? undefined : true,
    );

  it('ask for the password, and are not there at all without one', async () => {
    expect((await ask('/', { password: 'another password' })).status).toBe(401);
    const page = await ask('/');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Queues</title>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const { operatorUrl } = installation.api;
    expect((await fetch(`${operatorUrl}/queues/`)).status).toBe(401);
  });

  it('show what was given up, and why; a retry delivers it again and is on record', async () => {
    const test = await givenUp('connection refused', 'webhook.test');
    const { id, webhookId } = await givenUp('connection refused');
    expect(await laidOut(id)).toMatchObject({ name: 'contact.created', failedReason: 'connection refused' });
    expect((await failedJobs()).map((job) => job.id)).not.toContain(`d-${test.id}`);

    expect((await ask(`/api/queues/${DEAD_LETTER_QUEUE}/d-${id}/retry`, { method: 'PUT' })).status).toBe(204);
    const replay = await eventually('the replay', async () =>
      (await deliveriesOf(webhookId)).find(({ replay_of }) => replay_of !== null),
    );
    expect(replay).toEqual({ id: expect.any(Number) as number, status: 'pending', replay_of: id });
    expect(
      await tenant.rows(`SELECT operator, subject_ids FROM audit WHERE action = 'webhook_delivery.replayed'`),
    ).toEqual([{ operator: 'queue pages', subject_ids: [String(id)] }]);
  });

  it('replay it once, also when a worker that seemed lost left its job to another; not a job that was never retried', async () => {
    const { id, webhookId } = await givenUp('HTTP 500');
    await laidOut(id);
    const queue = openQueue();
    const redis = new Redis(installation.redis.url);
    /** A job as a lost worker leaves it, after so many ends of its own; answers what becomes of it. */
    const comesAgain = async (name: string, ends: number): Promise<unknown> => {
      const data = { delivery_id: id, webhook_id: webhookId, tenant_id: tenant.id, reason: 'HTTP 500' };
      const jobId = `${name}-${id}`;
      const job = await queue.add('contact.created', data, { jobId, delay: 3_600_000 });
      await redis.hset(queue.toKey(jobId), { atm: ends, stc: 1 });
      await job.promote();
      return eventually(`the end of ${jobId}`, async () => {
        const state = await queue.getJobState(jobId);
        if (state === 'completed') return (await queue.getJob(jobId))?.returnvalue as unknown;
        // What is no job of a dead letter is cleared away once it has failed.
        if (state === 'unknown') return 'failed';
        return state === 'failed' ? state : undefined;
      });
    };
    try {
      expect(await comesAgain('fresh', 0)).toBe('failed');
      expect(await deliveriesOf(webhookId)).toHaveLength(1);
      const results = await Promise.all([comesAgain('one', 1), comesAgain('other', 1)]);
      const [, replay] = await deliveriesOf(webhookId);
      expect(results).toHaveLength(2);
      expect(results).toEqual(expect.arrayContaining([{ replayed_as: replay?.id }, { gone: true }]));
      expect(await deliveriesOf(webhookId)).toHaveLength(2);
    } finally {
      redis.disconnect();
      await queue.close();
    }
  });

  it('show it again when Redis was emptied, and no more when it was replayed elsewhere or its endpoint deleted', async () => {
    const [{ id, webhookId }, orphan] = await Promise.all([givenUp('HTTP 500'), givenUp('HTTP 500')]);
    await laidOut(id);
    const queue = openQueue();
    await queue.obliterate({ force: true });
    await queue.close();
    await Promise.all([laidOut(id), laidOut(orphan.id)]);
    await tenant.rows('DELETE FROM webhooks WHERE id = $1', [orphan.webhookId]);
    await tenant.rows(
      `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource, replay_of)
       SELECT tenant_id, webhook_id, event_created_at, event_id, resource, id FROM webhook_deliveries WHERE id = $1`,
      [id],
    );
    await Promise.all([gone(id), gone(orphan.id)]);
    expect(await deliveriesOf(webhookId)).toHaveLength(2);
  });

  it('change nothing else, and nothing for another site', async () => {
    const { id, webhookId } = await givenUp('HTTP 410');
    await laidOut(id);
    const retry = `/api/queues/${DEAD_LETTER_QUEUE}/d-${id}/retry`;
    for (const [method, path, site] of [
      ['PUT', `/api/queues/${DEAD_LETTER_QUEUE}/d-${id}/clean`, 'same-origin'],
      ['PUT', `/api/queues/${DEAD_LETTER_QUEUE}/obliterate`, 'same-origin'],
      ['PUT', `/api/queues/${DEAD_LETTER_QUEUE}/pause`, 'same-origin'],
      ['POST', `/api/queues/${DEAD_LETTER_QUEUE}/add`, 'same-origin'],
      ['PUT', retry, 'cross-site'],
      ['POST', retry, 'same-origin'],
    ] as const) {
      expect([path, (await ask(path, { method, site })).status]).toEqual([path, 403]);
    }
    expect(await laidOut(id)).toBeDefined();
    expect(await deliveriesOf(webhookId)).toHaveLength(1);
  });
});
