import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testSettings } from '../http/testing/start-api.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { Health } from './health.js';
import { OperatorServer } from './operator-server.js';

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('the operator’s server', () => {
  const settings = testSettings();
  let health: Health;
  let metrics: Metrics;
  let server: OperatorServer;
  let url: string;

  beforeEach(async () => {
    settings.OPERATOR_PORT = 0;
    settings.OPERATOR_PASSWORD = undefined;
    health = new Health(settings);
    metrics = new Metrics();
    server = new OperatorServer(settings, health, metrics, new Log(settings));
    url = await server.listen();
  });
  afterEach(() => server.close());

  const get = (path: string, authorization?: string) =>
    fetch(url + path, { headers: authorization === undefined ? {} : { authorization } });

  it('says that the process lives, ready or not', async () => {
    const response = await get('/health/live');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'live' });
  });

  it('says 503 until the process is ready, and again when something that it needs is down', async () => {
    expect((await get('/health/ready')).status).toBe(503);
    health.started();
    expect((await get('/health/ready')).status).toBe(200);
    health.register('postgres', 'process', () => {
      throw new Error('away');
    });
    const response = await get('/health/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'not_ready',
      checks: { postgres: { status: 'down', reason: 'away' } },
    });
  });

  it('says 200 and degraded when the process can do its main work', async () => {
    health.started();
    health.register('redis', 'worker', () => {
      throw new Error('away');
    });
    const response = await get('/health/ready');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'degraded' });
  });

  it('shows metrics, with those of the process', async () => {
    metrics.sends.inc({ outcome: 'accepted' }, 3);
    metrics.onScrape('paused', () => metrics.pausedNumbers.set(2));
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(text).toContain('rasl_sends_total{outcome="accepted"} 3');
    expect(text).toContain('rasl_paused_numbers 2');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('shows the other metrics when one collector fails, and counts that', async () => {
    metrics.onScrape('database', () => Promise.reject(new Error('away')));
    const text = await (await get('/metrics')).text();
    expect(text).toContain('rasl_metrics_collection_errors_total{collector="database"} 1');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('knows no other page', async () => {
    expect((await get('/api/v2/messages')).status).toBe(404);
  });

  describe('with a password', () => {
    beforeEach(() => {
      settings.OPERATOR_PASSWORD = 'correct horse battery';
    });

    it.each(['/health/live', '/health/ready', '/metrics', '/other'])('asks for it on %s', async (path) => {
      const response = await get(path);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm="operator"/);
    });

    it('is open to operator with that password', async () => {
      expect((await get('/health/live', basic('operator', 'correct horse battery'))).status).toBe(200);
    });

    it.each([
      ['another password', basic('operator', 'correct horse batterz')],
      ['a longer password', basic('operator', 'correct horse battery!')],
      ['no password', basic('operator', '')],
      ['another user', basic('root', 'correct horse battery')],
      ['another scheme', 'Bearer correct horse battery'],
      ['no base64', 'Basic ####'],
    ])('is closed to %s', async (_name, authorization) => {
      expect((await get('/health/live', authorization)).status).toBe(401);
    });
  });

  it('does not start on a port that is taken', async () => {
    const second = testSettings();
    second.OPERATOR_PORT = Number(new URL(url).port);
    const other = new OperatorServer(second, health, metrics, new Log(second));
    await expect(other.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
