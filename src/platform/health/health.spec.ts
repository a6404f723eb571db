import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { testSettings } from '../http/testing/start-api.js';
import { Health } from './health.js';

describe('readiness', () => {
  const settings = testSettings();
  let health: Health;
  let fault: Record<string, Error | undefined>;

  beforeEach(() => {
    settings.ROLE = 'all';
    health = new Health(settings);
    fault = {};
    for (const [name, neededBy] of [
      ['postgres', 'process'],
      ['redis', 'worker'],
    ] as const) {
      health.register(name, neededBy, () => {
        if (fault[name]) throw fault[name];
      });
    }
    health.started();
  });

  it('is ready when everything is up', async () => {
    expect(await health.report()).toEqual({
      status: 'ready',
      checks: { postgres: { status: 'up' }, redis: { status: 'up' } },
    });
  });

  it('is not ready without what every process needs, and says what and why', async () => {
    fault.postgres = new Error('connect ECONNREFUSED');
    expect(await health.report()).toEqual({
      status: 'not_ready',
      checks: { postgres: { status: 'down', reason: 'connect ECONNREFUSED' }, redis: { status: 'up' } },
    });
  });

  it.each([
    ['api', 'degraded'],
    ['all', 'degraded'],
    ['worker', 'not_ready'],
  ] as const)('as %s without Redis is %s', async (role, status) => {
    settings.ROLE = role;
    fault.redis = new Error('away');
    expect(await health.report()).toMatchObject({ status, checks: { redis: { status: 'down', reason: 'away' } } });
  });

  it('is starting before the servers listen, and stopping from the signal on, whatever is up', async () => {
    const young = new Health(settings);
    expect(await young.report()).toMatchObject({ status: 'starting' });
    young.started();
    expect(await young.report()).toMatchObject({ status: 'ready' });
    young.stopping();
    expect(await young.report()).toMatchObject({ status: 'stopping' });
  });

  it('names the code of an error that has no message', async () => {
    fault.postgres = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    expect((await health.report()).checks.postgres).toEqual({ status: 'down', reason: 'ECONNREFUSED' });
  });

  it('does not wait for a check that hangs', async () => {
    jest.useFakeTimers();
    try {
      health.register('hanging', 'process', () => new Promise(() => undefined));
      const report = health.report();
      await jest.advanceTimersByTimeAsync(2000);
      expect(await report).toMatchObject({
        status: 'not_ready',
        checks: { hanging: { status: 'down', reason: 'no answer in 2000 ms' } },
      });
    } finally {
      jest.useRealTimers();
    }
  });

  it('asks once for callers who come together', async () => {
    const check = jest.fn(() => Promise.resolve());
    health.register('counted', 'process', check);
    await Promise.all([health.report(), health.report()]);
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('refuses two checks with one name', () => {
    expect(() => health.register('redis', 'worker', () => undefined)).toThrow('redis exists already');
  });
});
