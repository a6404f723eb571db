import { gzipSync } from 'node:zlib';
import { Body, Controller, Delete, Get, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BODY_LIMIT_BYTES } from './body-limit.js';
import { ReadsBody } from './decorators.js';
import { bodyOf, RawConnection } from './testing/raw-exchange.js';
import { type StartedApi, startApi } from './testing/start-api.js';

@Controller()
class BodiesController {
  @Post('json')
  json(@Body() body: unknown): unknown {
    return body;
  }

  @Delete('json')
  remove(@Body() body: unknown): unknown {
    return body;
  }

  @Get('json')
  get(@Body() body: unknown): unknown {
    return typeof body;
  }

  @Post('length')
  length(@Body() body: object): number {
    return JSON.stringify(body).length;
  }

  @Post('raw')
  @ReadsBody('raw')
  raw(@Body() body: Buffer): object {
    return { bytes: body.length, hex: body.subarray(0, 8).toString('hex') };
  }

  @Post('multipart')
  @ReadsBody('multipart')
  multipart(@Body() body: unknown): unknown {
    return body ?? 'left alone';
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('a body', () => {
  let api: StartedApi;
  beforeAll(async () => {
    api = await startApi({ controllers: [BodiesController] });
  });
  afterAll(() => api.stop());

  const send = async (path: string, body: RequestInit['body'], headers: Record<string, string> = JSON_TYPE) => {
    const response = await fetch(api.url + path, { method: 'POST', body, headers });
    return { status: response.status, body: (await response.json()) as { data?: unknown; error?: unknown } };
  };

  describe('is read', () => {
    it('as JSON, whatever the parameters of its type', async () => {
      const { body } = await send('/json', '{"a":[1]}', { 'Content-Type': 'Application/JSON; charset=UTF-8' });
      expect(body.data).toEqual({ a: [1] });
    });

    it('as urlencoded fields, nested ones too', async () => {
      const { body } = await send('/json', 'phone=%2B20100&contact%5Bfirstname%5D=Aya', {
        'Content-Type': 'application/x-www-form-urlencoded',
      });
      expect(body.data).toEqual({ phone: '+20100', contact: { firstname: 'Aya' } });
    });

    it('on DELETE too', async () => {
      const response = await fetch(`${api.url}/json`, { method: 'DELETE', body: '{"ids":[1]}', headers: JSON_TYPE });
      expect(await response.json()).toMatchObject({ data: { ids: [1] } });
    });

    it('as an empty object when there is none', async () => {
      expect((await send('/json', null, {})).body.data).toEqual({});
      expect((await send('/json', '', JSON_TYPE)).body.data).toEqual({});
    });

    it('not at all on GET', async () => {
      const connection = await RawConnection.open(api.url);
      connection.send('GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{{{');
      expect(bodyOf(await connection.untilClosed())).toMatchObject({ data: 'undefined' });
    });

    it('byte for byte where the route wants the bytes', async () => {
      const bytes = Buffer.from('{"emoji": "\\ud83d\\ude00"}  \r\n');
      const { body } = await send('/raw', bytes, JSON_TYPE);
      expect(body.data).toEqual({ bytes: bytes.length, hex: bytes.subarray(0, 8).toString('hex') });
      expect((await send('/raw', null, {})).body.data).toEqual({ bytes: 0, hex: '' });
    });

    it('not by us when it is multipart and the route reads it', async () => {
      const form = new FormData();
      form.set('phone', '1');
      expect((await send('/multipart', form, {})).body.data).toBe('left alone');
      expect((await send('/multipart', '{"phone":"1"}')).body.data).toEqual({ phone: '1' });
    });
  });

  describe('is refused as 422 VALIDATION_ERROR', () => {
    it.each([
      ['malformed JSON', '{"a":', JSON_TYPE, 'The body is not valid JSON'],
      ['JSON that is cut within a word', '{"a": tru', JSON_TYPE, 'The body is not valid JSON'],
      ['JSON that is no object', '"text"', JSON_TYPE, 'The body is not valid JSON'],
      [
        'a charset that is none',
        '{}',
        { 'Content-Type': 'application/json; charset=x' },
        'The charset of the body is not supported',
      ],
      [
        'a coding that is none',
        '{}',
        { ...JSON_TYPE, 'Content-Encoding': 'rot13' },
        'The Content-Encoding is not supported',
      ],
      [
        'bytes that are not gzip',
        '{}',
        { ...JSON_TYPE, 'Content-Encoding': 'gzip' },
        'The body is not encoded as Content-Encoding says',
      ],
      [
        'another type',
        '<a/>',
        { 'Content-Type': 'application/xml' },
        'Content-Type must be application/json or application/x-www-form-urlencoded',
      ],
      [
        'too many fields',
        'a=1&'.repeat(20_001),
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        'The body has too many fields',
      ],
      [
        'fields nested too deeply',
        `a${'[b]'.repeat(40)}=1`,
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        'The body is nested too deeply',
      ],
    ])('%s', async (_name, content, headers, message) => {
      const { status, body } = await send('/json', content, headers);
      expect({ status, error: body.error }).toMatchObject({
        status: 422,
        error: { code: 'VALIDATION_ERROR', details: { body: [message] } },
      });
    });

    it('multipart where no route reads it', async () => {
      const { status, body } = await send('/json', new FormData(), {});
      expect(status).toBe(422);
      expect(body.error).toMatchObject({ details: { body: [expect.stringContaining('Content-Type must be')] } });
    });

    it('a compressed webhook: the signature covers what was sent', async () => {
      const { status } = await send('/raw', gzipSync('{}'), { ...JSON_TYPE, 'Content-Encoding': 'gzip' });
      expect(status).toBe(422);
    });
  });

  describe('may have 4 MB, not a byte more', () => {
    const text = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;

    it.each(['/length', '/raw'])('%s', async (path) => {
      expect((await send(path, text(BODY_LIMIT_BYTES))).status).toBe(200);
      const { status, body } = await send(path, text(BODY_LIMIT_BYTES + 1));
      expect(status).toBe(413);
      expect(body.error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    });

    it('also when its length is not announced', async () => {
      const connection = await RawConnection.open(api.url);
      connection.send(
        'POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      const chunk = `${(1024 * 1024).toString(16)}\r\n${' '.repeat(1024 * 1024)}\r\n`;
      for (let sent = 0; sent < 5; sent++) connection.send(chunk);
      expect(bodyOf(await connection.untilClosed())).toMatchObject({ error: { code: 'PAYLOAD_TOO_LARGE' } });
    });

    it('also when it grows while it is unpacked', async () => {
      const { status } = await send('/length', gzipSync(text(BODY_LIMIT_BYTES + 1)), {
        ...JSON_TYPE,
        'Content-Encoding': 'gzip',
      });
      expect(status).toBe(413);
    });
  });
});
