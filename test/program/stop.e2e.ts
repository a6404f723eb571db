import { once } from 'node:events';
import { Redis } from 'ioredis';
import { bodyOf, RawConnection } from '../../src/platform/http/testing/raw-exchange.js';
import { ApiFleet, type FleetToken } from '../support/api-fleet.js';
import { eventually } from '../support/eventually.js';
import type { PlatformProcess } from '../support/platform-process.js';

/** Real: an API process per test, Postgres, Redis. */
describe('a process that is told to stop', () => {
  let fleet: ApiFleet;
  let api: PlatformProcess;
  let token: FleetToken;
  let connection: RawConnection;

  beforeEach(async () => {
    fleet = await ApiFleet.start(1, { SHUTDOWN_TIMEOUT_S: '4', LOG_LEVEL: 'info' });
    const [first] = fleet.apis;
    if (!first) throw new Error('no API was started');
    api = first;
    token = await fleet.token();
    connection = await RawConnection.open(api.apiUrl);
    // A call that is under way: its body is not complete.
    connection.send(
      `POST /api/v2/messages/media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{"phone":',
    );
    // The guard has counted it, so it is being read.
    const redis = new Redis(fleet.redis.url);
    await eventually('the call being counted', async () =>
      (await redis.exists(`fleet:rate:${token.tokenId}`)) ? true : undefined,
    );
    redis.disconnect();
  });
  afterEach(() => fleet.stop());

  const readiness = async (): Promise<string> => {
    const response = await fetch(`${api.operatorUrl}/health/ready`);
    return `${response.status} ${((await response.json()) as { status: string }).status}`;
  };
  const stopping = (): Promise<true> =>
    eventually('the stop', () => (api.log.includes('"event":"stopping"') ? true : undefined));

  it('is not ready at once, accepts no connection, answers what was begun, and ends with status 0', async () => {
    api.signal('SIGTERM');
    await stopping();
    expect(await readiness()).toBe('503 stopping');
    await expect(fetch(api.apiUrl)).rejects.toThrow();
    connection.send('"1"}');
    const answer = await connection.untilClosed();
    expect(answer).toMatch(/^HTTP\/1.1 422 /);
    expect(answer).toContain('Connection: close');
    expect(bodyOf(answer)).toMatchObject({ error: { code: 'VALIDATION_ERROR' } });
    expect(await api.exited).toBe(0);
  });

  it('cuts off what is not done within SHUTDOWN_TIMEOUT_S, and says so by its status', async () => {
    const begun = performance.now();
    api.signal('SIGTERM');
    expect(await api.exited).toBe(1);
    expect(performance.now() - begun).toBeGreaterThan(3500);
    expect(api.log).toContain('requests were cut off by the shutdown');
  });

  it('ends at once on the second signal', async () => {
    api.signal('SIGINT');
    await stopping();
    const begun = performance.now();
    api.signal('SIGINT');
    expect(await api.exited).toBe(1);
    expect(performance.now() - begun).toBeLessThan(2000);
    if (!connection.socket.closed) await once(connection.socket, 'close');
    expect(connection.received).toBe('');
  });
});
