import { Body, Controller, Get, Post, Req, Res, StreamableFile } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { contactOptedOut, featureLimitExceeded, messageSendFailed, notFound } from './api-error.js';
import { RequestId } from './decorators.js';
import { timestamp } from './timestamp.js';
import { Reply } from './reply.js';
import { type StartedApi, startApi } from './testing/start-api.js';

const META = {
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
};

@Controller('things')
class ThingsController {
  @Get()
  list(): object {
    return [{ id: 1 }];
  }

  @Get('nothing')
  nothing(): void {
    return undefined;
  }

  @Post()
  send(@Body() body: object): object {
    return body;
  }

  @Post('created')
  create(): Reply<object> {
    return new Reply({ id: 7 }, { status: 201, message: 'Created', meta: { pagination: { total: 1 } } });
  }

  @Get('replayed')
  replayed(): Reply<null> {
    return new Reply(null, { headers: { 'Idempotent-Replayed': 'true' } });
  }

  @Get('request-id')
  requestId(@RequestId() id: string): string {
    return id;
  }

  @Get('raw')
  raw(@Res() response: Response): void {
    response.type('text/plain').send('1158201444');
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('bytes'));
  }

  @Get('missing')
  missing(): never {
    throw notFound('Message not found');
  }

  @Get('opted-out')
  optedOut(): never {
    throw contactOptedOut();
  }

  @Get('full')
  full(): never {
    throw featureLimitExceeded('contacts', 100, 100);
  }

  @Get('refused')
  refused(): never {
    throw messageSendFailed(12, false, {
      code: 131026,
      title: 'Message undeliverable',
      details: null,
      meaning: 'What it means.',
      advice: 'What to do.',
    });
  }

  @Get('secret')
  secret(): never {
    throw new Error('SELECT password FROM users at /srv/app/secret.ts');
  }

  @Get('odd')
  odd(): never {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a library may throw anything
    throw 'a text';
  }

  @Get('disk-full')
  diskFull(): never {
    throw Object.assign(new Error('could not extend file "base/16384/2619": No space left'), { code: '53100' });
  }

  @Post('half')
  half(@Req() request: Request, @Res() response: Response): never {
    response.write('half');
    throw new Error(request.path);
  }
}

describe('an answer', () => {
  let api: StartedApi;
  beforeAll(async () => {
    api = await startApi({ controllers: [ThingsController] });
  });
  afterAll(() => api.stop());

  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(api.url + path, init);
    return { response, body: await response.json() };
  };

  it('holds success, data and meta', async () => {
    const { response, body } = await get('/things');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toEqual({ success: true, data: [{ id: 1 }], meta: META });
    expect(response.headers.get('x-request-id')).toBe((body as { meta: { request_id: string } }).meta.request_id);
  });

  it('is 200 for a POST that does not say otherwise', async () => {
    const { response } = await get('/things', { method: 'POST' });
    expect(response.status).toBe(200);
  });

  it('has data null where a controller returns nothing', async () => {
    expect((await get('/things/nothing')).body).toEqual({ success: true, data: null, meta: META });
  });

  it('carries status, message and more meta where the controller says so', async () => {
    const { response, body } = await get('/things/created', { method: 'POST' });
    expect(response.status).toBe(201);
    expect(body).toEqual({
      success: true,
      data: { id: 7 },
      message: 'Created',
      meta: { pagination: { total: 1 }, ...META },
    });
  });

  it('carries extra headers where the controller says so', async () => {
    expect((await get('/things/replayed')).response.headers.get('idempotent-replayed')).toBe('true');
  });

  it('says nothing of the server in its headers', async () => {
    const { response } = await get('/things');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.headers.get('etag')).toBeNull();
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
  });

  it('has no body for HEAD, but the same headers', async () => {
    const response = await fetch(`${api.url}/things`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(50);
    expect(await response.text()).toBe('');
  });

  it('is left alone where a controller writes it itself, or sends a file', async () => {
    expect(await (await fetch(`${api.url}/things/raw`)).text()).toBe('1158201444');
    expect(await (await fetch(`${api.url}/things/file`)).text()).toBe('bytes');
  });

  describe('has a request id', () => {
    it.each(['a4cbbb1c-8fd7-4f4a-9f1b-2f6f0a2f9d51', 'A4CBBB1C-8FD7-4F4A-9F1B-2F6F0A2F9D51'])(
      'that is the caller’s when it is a UUID: %s',
      async (id) => {
        const { response, body } = await get('/things/request-id', { headers: { 'X-Request-Id': id } });
        expect(response.headers.get('x-request-id')).toBe(id);
        expect(body).toMatchObject({ data: id, meta: { request_id: id } });
      },
    );

    it.each(['17', 'a4cbbb1c-8fd7-4f4a-9f1b-2f6f0a2f9d5', 'a4cbbb1c-8fd7-4f4a-9f1b-2f6f0a2f9d51x', '"; DROP TABLE'])(
      'that is ours when the caller’s is none: %s',
      async (id) => {
        const { response, body } = await get('/things', { headers: { 'X-Request-Id': id } });
        expect(response.headers.get('x-request-id')).not.toBe(id);
        expect(body).toMatchObject({ meta: META });
      },
    );
  });

  describe('with an error', () => {
    it.each([
      ['/things/missing', 404, { code: 'NOT_FOUND', message: 'Message not found' }],
      ['/things/opted-out', 403, { code: 'CONTACT_OPTED_OUT', message: 'The contact has opted out of messages' }],
      [
        '/things/full',
        403,
        {
          code: 'FEATURE_LIMIT_EXCEEDED',
          message: "The plan's limit of 100 contacts is reached",
          details: { feature: 'contacts', current: 100, maximum: 100 },
        },
      ],
      [
        '/things/refused',
        500,
        {
          code: 'MESSAGE_SEND_FAILED',
          message: 'WhatsApp refused the message',
          details: {
            chat_message_id: 12,
            retryable: false,
            whatsapp_error: {
              code: 131026,
              title: 'Message undeliverable',
              details: null,
              meaning: 'What it means.',
              advice: 'What to do.',
            },
          },
        },
      ],
      ['/things/secret', 500, { code: 'INTERNAL_ERROR', message: 'An internal error occurred' }],
      ['/things/odd', 500, { code: 'INTERNAL_ERROR', message: 'An internal error occurred' }],
      ['/things/disk-full', 503, { code: 'SERVICE_UNAVAILABLE', message: 'The service is temporarily unavailable' }],
      ['/nowhere', 404, { code: 'NOT_FOUND', message: 'Not found' }],
      ['/things/%FF', 404, { code: 'NOT_FOUND', message: 'Not found' }],
    ])('%s is %i in the envelope, and no more', async (path, status, error) => {
      const { response, body } = await get(path);
      expect(response.status).toBe(status);
      expect(body).toEqual({ success: false, error, meta: META });
    });

    it('says when to come again on 503', async () => {
      expect((await get('/things/disk-full')).response.headers.get('retry-after')).toBe('2');
    });

    it('breaks off an answer that was half written', async () => {
      const text = fetch(`${api.url}/things/half`, { method: 'POST' }).then((response) => response.text());
      await expect(text).rejects.toThrow();
    });
  });

  describe('to a method that the path does not have', () => {
    it.each(['PUT', 'DELETE', 'PATCH'])('%s is 405 with Allow', async (method) => {
      const { response, body } = await get('/things', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
      expect(body).toMatchObject({ success: false, error: { code: 'METHOD_NOT_ALLOWED' }, meta: META });
    });

    it('OPTIONS names the methods', async () => {
      const { response, body } = await get('/things/created', { method: 'OPTIONS' });
      expect(response.status).toBe(200);
      expect(response.headers.get('allow')).toBe('OPTIONS, POST');
      expect(body).toMatchObject({ success: true, data: { allow: ['OPTIONS', 'POST'] } });
    });

    it('OPTIONS of nothing is 404', async () => {
      expect((await get('/nowhere', { method: 'OPTIONS' })).response.status).toBe(404);
    });
  });
});

describe('a time of the API', () => {
  it('has no fraction and +00:00', () => {
    expect(timestamp(new Date('2026-01-01T07:58:39.987Z'))).toBe('2026-01-01T07:58:39+00:00');
  });
});
