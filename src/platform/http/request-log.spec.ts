import { Writable } from 'node:stream';
import { Controller, Get, Param, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { RawConnection } from './testing/raw-exchange.js';
import { type StartedApi, startApi, testSettings } from './testing/start-api.js';

@Controller('contacts')
class ContactsController {
  @Get(':id')
  get(@Param('id') id: string): string {
    return id;
  }

  @Get(':id/broken')
  broken(): never {
    throw new Error('a fault');
  }

  @Post('slow')
  slow(): Promise<never> {
    return new Promise(() => undefined);
  }
}

/** A log whose lines a specification can await. */
class RecordingLog extends Log {
  readonly lines: Record<string, unknown>[] = [];
  private waiting: (() => void)[] = [];
  override readonly pino = pino(
    { level: 'info' },
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        for (const wake of this.waiting.splice(0)) wake();
        done();
      },
    }),
  );

  async line(matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.lines.find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

describe('the log of requests', () => {
  const log = new RecordingLog(testSettings());
  let api: StartedApi;
  beforeAll(async () => {
    api = await startApi({ controllers: [ContactsController], log });
  });
  afterAll(() => api.stop());

  const call = async (path: string, id: string) => {
    await fetch(api.url + path, { headers: { 'X-Request-Id': id, Authorization: 'Bearer rasl_verysecret' } });
    return log.line((line) => line.request_id === id && line.msg === 'request');
  };

  it('has one line with id, method, pattern of the route, status and duration; nothing secret', async () => {
    const id = '0d4ef0ab-5f0d-4c0f-8df6-0f5a36c8ec01';
    const line = await call('/contacts/201001234567?token=secret', id);
    expect(line).toMatchObject({ level: 30, method: 'GET', route: '/contacts/:id', status: 200 });
    expect(line.duration_ms).toEqual(expect.any(Number));
    expect(log.lines.filter((other) => other.request_id === id)).toHaveLength(1);
    expect(JSON.stringify(line)).not.toMatch(/201001234567|secret/);
  });

  it('says unmatched where no route matched', async () => {
    const line = await call('/nowhere/201001234567', '0d4ef0ab-5f0d-4c0f-8df6-0f5a36c8ec02');
    expect(line).toMatchObject({ level: 30, route: 'unmatched', status: 404 });
    expect(JSON.stringify(line)).not.toContain('201001234567');
  });

  it('is an error for a fault of ours, beside a line with the fault', async () => {
    const id = '0d4ef0ab-5f0d-4c0f-8df6-0f5a36c8ec03';
    expect(await call('/contacts/1/broken', id)).toMatchObject({
      level: 50,
      route: '/contacts/:id/broken',
      status: 500,
    });
    expect(await log.line((line) => line.request_id === id && line.msg === 'a request failed')).toMatchObject({
      err: { message: 'a fault', stack: expect.any(String) },
    });
  });

  it('says when the caller left before the answer', async () => {
    const id = '0d4ef0ab-5f0d-4c0f-8df6-0f5a36c8ec04';
    const connection = await RawConnection.open(api.url);
    connection.send(`POST /contacts/slow HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nContent-Length: 0\r\n\r\n`);
    connection.socket.end();
    expect(await log.line((line) => line.request_id === id)).toMatchObject({ route: '/contacts/slow', aborted: true });
  });

  it('is counted by route in the metrics', async () => {
    const { text } = await api.server.app.get(Metrics).scrape();
    expect(text).toContain('rasl_http_requests_total{method="GET",route="/contacts/:id",status="200"} 1');
    expect(text).toContain('rasl_http_requests_total{method="GET",route="unmatched",status="404"} 1');
    expect(text).toContain('rasl_http_requests_total{method="POST",route="/contacts/slow",status="aborted"} 1');
    expect(text).toContain('rasl_http_request_duration_seconds_count{method="GET",route="/contacts/:id"} 1');
    expect(text).not.toContain('201001234567');
  });
});
