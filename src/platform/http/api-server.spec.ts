import { Controller, Get } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bodyOf, RawConnection } from './testing/raw-exchange.js';
import { type StartedApi, startApi } from './testing/start-api.js';

const WAIT = 'GET /wait HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a server that stops', () => {
  let api: StartedApi;
  let answer: () => void;
  let begun: Promise<void>;

  beforeEach(async () => {
    let begin: () => void;
    begun = new Promise((resolve) => (begin = resolve));
    const released = new Promise<string>((resolve) => (answer = () => resolve('done')));

    @Controller('wait')
    class WaitController {
      @Get()
      wait(): Promise<string> {
        begin();
        return released;
      }
    }
    api = await startApi({ controllers: [WaitController] });
  });
  afterEach(() => api.server.app.close());

  it('answers what was begun, says that the connection ends, and accepts no other', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send(WAIT);
    await begun;
    const drained = api.server.drain(5000);
    await expect(fetch(`${api.url}/wait`)).rejects.toThrow();
    answer();
    const text = await connection.untilClosed();
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    expect(text).toContain('Connection: close');
    expect(bodyOf(text)).toMatchObject({ data: 'done' });
    await expect(drained).resolves.toBe(true);
  });

  it('closes connections that wait for their next request', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send('GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n');
    await connection.until('NOT_FOUND');
    await expect(api.server.drain(5000)).resolves.toBe(true);
    await connection.untilClosed();
  });

  it('cuts off what is not answered in time', async () => {
    const connection = await RawConnection.open(api.url);
    connection.send(WAIT);
    await begun;
    await expect(api.server.drain(50)).resolves.toBe(false);
    expect(await connection.untilClosed()).toBe('');
    answer();
  });
});
