import { ApiClient } from '../support/api-client.js';
import { ApiFleet } from '../support/api-fleet.js';
import { eventually } from '../support/eventually.js';

/** Real: an API process whose way to Postgres is cut, and whose Redis dies. */
describe('an API process', () => {
  let fleet: ApiFleet;
  let client: ApiClient;

  beforeAll(async () => {
    fleet = await ApiFleet.start(1);
    client = new ApiClient(fleet.apis[0]?.apiUrl ?? '', (await fleet.token()).token);
  });
  afterAll(() => fleet.stop());

  const readiness = async (): Promise<{ code: number; status: string; checks: Record<string, { status: string }> }> => {
    const response = await fetch(`${fleet.apis[0]?.operatorUrl}/health/ready`);
    return { code: response.status, ...((await response.json()) as { status: string; checks: never }) };
  };
  const answered = (status: number): Promise<true> =>
    eventually(`an answer ${status}`, async () => ((await client.getMessage(1)).status === status ? true : undefined));

  it('without Postgres answers 503 with Retry-After, names it as down, and recovers by itself', async () => {
    await answered(404);
    fleet.postgres.cut();
    await answered(503);
    const { headers, body } = await client.getMessage(1);
    expect(headers.get('retry-after')).toBe('2');
    expect(body).toMatchObject({
      success: false,
      error: { code: 'SERVICE_UNAVAILABLE', message: 'The service is temporarily unavailable' },
    });
    expect(await readiness()).toMatchObject({
      code: 503,
      status: 'not_ready',
      checks: { postgres: { status: 'down' }, redis: { status: 'up' } },
    });
    const live = await fetch(`${fleet.apis[0]?.operatorUrl}/health/live`);
    expect(live.status).toBe(200);
    fleet.postgres.restore();
    await answered(404);
    expect(await readiness()).toMatchObject({ code: 200, status: 'ready' });
  });

  it('without Redis goes on answering, and is degraded', async () => {
    await answered(404);
    await fleet.redis.crash();
    await eventually('Redis being missed', async () => ((await readiness()).status === 'degraded' ? true : undefined));
    expect(await readiness()).toMatchObject({
      code: 200,
      checks: { postgres: { status: 'up' }, redis: { status: 'down' } },
    });
    expect((await client.getMessage(1)).status).toBe(404);
    await fleet.redis.start();
    await eventually('Redis being back', async () => ((await readiness()).status === 'ready' ? true : undefined));
  });

  it('shows at /metrics what waits, and what it answered', async () => {
    await answered(404);
    const scrape = async (): Promise<string> => (await fetch(`${fleet.apis[0]?.operatorUrl}/metrics`)).text();
    // Each connection to Redis comes back by itself, the queue's a little after the one that readiness asks.
    const text = await eventually('the queue being counted again', async () => {
      const metrics = await scrape();
      return metrics.includes('rasl_delivery_queue_jobs{state="waiting"}') ? metrics : undefined;
    });
    for (const line of [
      /^rasl_http_requests_total\{method="GET",route="\/api\/v2\/messages\/:id",status="404"\} \d+$/m,
      /^rasl_http_request_duration_seconds_count\{method="GET",route="\/api\/v2\/messages\/:id"\} \d+$/m,
      /^rasl_delivery_queue_depth\{state="due"\} 0$/m,
      /^rasl_delivery_queue_oldest_age_seconds 0$/m,
      /^rasl_delivery_queue_jobs\{state="waiting"\} 0$/m,
      /^rasl_webhook_inbox_oldest_age_seconds 0$/m,
      /^rasl_paused_numbers 0$/m,
      /^rasl_unknown_messages 0$/m,
      /^process_cpu_seconds_total /m,
    ]) {
      expect(text).toMatch(line);
    }
    expect(text).not.toContain(client.token);
  });
});
