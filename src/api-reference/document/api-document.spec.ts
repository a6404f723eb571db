import { readdirSync } from 'node:fs';
import { Body, Controller, Get, type INestApplication, Param, Post } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { validate } from '@readme/openapi-parser';
import { Public, RequireScopes } from '../../auth-scopes/decorators.js';
import {
  ApiEnvelope,
  apiError,
  ApiErrors,
  ApiIdParameter,
  ApiPreferHeader,
  ApiPublicEndpoint,
  ApiRequestBody,
  ApiTenantEndpoint,
} from '../../platform/http/openapi/api-endpoint.js';
import { apiDocument } from './api-document.js';
import { GUIDES } from './written-pages.js';
import { isResponse, operationsOf } from './operations.js';

class Parcel {
  @ApiProperty({ type: Number, example: 7 })
  id: number;

  @ApiProperty({ type: String, nullable: true, example: 'Alice' })
  note: string | null;

  @ApiProperty({ oneOf: [{ type: 'integer' }, { type: 'string' }], example: 'K1' })
  code: number | string;
}

class SendParcel {
  @ApiProperty({ type: String, maxLength: 20, example: '201000000000' })
  phone: string;

  @ApiPropertyOptional({ type: String, format: 'binary', example: 'photo.jpg' })
  picture?: unknown;

  @ApiPropertyOptional({ type: String, example: 'not in the samples' })
  remark?: string;
}

@Controller('api/v2/parcels')
class ParcelsController {
  @Post()
  @RequireScopes('messages:send')
  @ApiTenantEndpoint({ tag: 'Parcels', summary: 'Send parcel', description: 'Sends one.' })
  @ApiRequestBody({
    'multipart/form-data': { dto: SendParcel, example: { phone: '201000000000', picture: 'photo.jpg' } },
    'application/json': { dto: SendParcel, example: { phone: '201000000000' } },
  })
  @ApiPreferHeader()
  @ApiEnvelope(Parcel, { examples: { sent: { summary: 'Sent', data: { id: 7, note: null, code: 3 } } } })
  @ApiErrors('NOT_FOUND', apiError('VALIDATION_ERROR', { when: 'The phone is wrong.' }), 'WHATSAPP_NOT_CONFIGURED')
  send(@Body() body: SendParcel): SendParcel {
    return body;
  }

  @Get(':id')
  @RequireScopes('messages:read')
  @ApiTenantEndpoint({ tag: 'Parcels', summary: 'Get parcel', description: 'Finds one.' })
  @ApiIdParameter({ name: 'id', description: 'Its id.', schema: { type: 'integer' }, example: 7 })
  @ApiEnvelope(Parcel, { message: 'Parcel retrieved successfully' })
  get(@Param('id') id: string): string {
    return id;
  }
}

@Controller('callback')
@Public()
class CallbackController {
  @Post()
  @ApiPublicEndpoint({ tag: 'Callbacks', summary: 'Report', description: 'Called by others.' })
  @ApiEnvelope(null)
  report(): null {
    return null;
  }

  @Get(['', ':app_key'])
  @ApiPublicEndpoint({ tag: 'Callbacks', summary: 'Verify', description: 'Called by others.' })
  @ApiIdParameter({ name: 'app_key', description: 'Which app.', schema: { type: 'string' }, example: 'k3J9' })
  @ApiEnvelope(null)
  verify(): null {
    return null;
  }
}

describe('the OpenAPI document', () => {
  let app: INestApplication;
  let document: OpenAPIObject;
  const operation = (id: string) => {
    const found = operationsOf(document).find((placed) => placed.operation.operationId === id);
    if (!found) throw new Error(`no operation ${id}`);
    return found.operation;
  };

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [ParcelsController, CallbackController] }).compile();
    app = module.createNestApplication({ logger: false });
    document = apiDocument(app, 'https://api.example.com');
  });

  afterAll(() => app.close());

  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    // Through JSON, as callers get it; the parser also replaces references in place.
    const served = JSON.parse(JSON.stringify(document)) as Parameters<typeof validate>[0];
    await expect(validate(served)).resolves.toMatchObject({ valid: true });
  });

  it('takes the scope of an endpoint from its guard', () => {
    expect(operation('send').security).toEqual([{ token: ['messages:send'] }]);
    expect(operation('send').description).toContain('**Required scope:** `messages:send`');
  });

  it('asks for no token where there is none', () => {
    expect(operation('report').security).toEqual([]);
  });

  it('describes each path of one handler with the parameters it has', () => {
    expect(operation('verify').parameters).toEqual([{ $ref: '#/components/parameters/RequestId' }]);
    expect(operation('verifyByAppKey').parameters).toMatchObject([
      { name: 'app_key', in: 'path' },
      { $ref: '#/components/parameters/RequestId' },
    ]);
  });

  it('puts data inside the envelope', () => {
    expect(operation('get').responses['200']).toMatchObject({
      content: {
        'application/json': {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/SuccessEnvelope' },
              { properties: { data: { $ref: '#/components/schemas/Parcel' } } },
            ],
          },
        },
      },
    });
  });

  it('makes an example of an answer from the examples of its fields', () => {
    expect(operation('get').responses['200']).toHaveProperty(['content', 'application/json', 'example'], {
      success: true,
      message: 'Parcel retrieved successfully',
      data: { id: 7, note: 'Alice', code: 'K1' },
      meta: { request_id: '0f8fad5b-d9cb-469f-a165-70867728950e', timestamp: '2026-01-01T07:58:39+00:00' },
    });
  });

  it('says the type of a union', () => {
    expect(document.components?.schemas?.Parcel).toMatchObject({
      properties: { code: { type: ['integer', 'string'], oneOf: [{ type: 'integer' }, { type: 'string' }] } },
    });
  });

  it('describes the body per content type', () => {
    const body = operation('send').requestBody;
    if (!body || '$ref' in body) throw new Error('no body');
    expect(Object.keys(body.content)).toEqual(['multipart/form-data', 'application/json']);
    expect(body.content['application/json']?.example).toEqual({ phone: '201000000000' });
  });

  it('wraps examples of data in the envelope', () => {
    expect(operation('send').responses['200']).toHaveProperty(
      ['content', 'application/json', 'examples', 'sent', 'value'],
      {
        success: true,
        data: { id: 7, note: null, code: 3 },
        meta: { request_id: '0f8fad5b-d9cb-469f-a165-70867728950e', timestamp: '2026-01-01T07:58:39+00:00' },
      },
    );
  });

  it('names every error code of one status with its meaning and an example', () => {
    const unprocessable = operation('send').responses['422'];
    if (!isResponse(unprocessable)) throw new Error('no 422');
    expect(unprocessable.description).toMatch(
      /`VALIDATION_ERROR`: The phone is wrong\.[^]*`WHATSAPP_NOT_CONFIGURED`: /,
    );
    expect(unprocessable).toHaveProperty(
      ['content', 'application/json', 'examples', 'WHATSAPP_NOT_CONFIGURED', 'value', 'error', 'code'],
      'WHATSAPP_NOT_CONFIGURED',
    );
  });

  it('gives endpoints with a token the errors that all of them have', () => {
    expect(Object.keys(operation('get').responses)).toEqual(['200', '401', '403', '429', '500', '503']);
  });

  it('lets every POST with a token be repeated under a key, and nothing else', () => {
    const key = { $ref: '#/components/parameters/IdempotencyKey' };
    const { parameters, responses } = operation('send');
    expect(parameters).toContainEqual(key);
    expect(responses['409']).toHaveProperty([
      'content',
      'application/json',
      'examples',
      'IDEMPOTENCY_IN_PROGRESS',
      'value',
    ]);
    expect(responses['200']).toHaveProperty(['headers', 'Idempotent-Replayed']);
    expect(responses['403']).not.toHaveProperty(['headers', 'Idempotent-Replayed']);
    for (const without of [operation('get'), operation('report')]) expect(without.parameters).not.toContainEqual(key);
  });

  it('shows rate-limit headers on all answers to a valid token, and on no other', () => {
    const { responses } = operation('get');
    const limited = Object.entries(responses).filter(
      ([, response]) => response && 'headers' in response && 'X-RateLimit-Limit' in (response.headers ?? {}),
    );
    expect(limited.map(([status]) => status)).toEqual(['200', '403', '429', '500', '503']);
    expect(operation('report').responses['200']).not.toHaveProperty(['headers', 'X-RateLimit-Limit']);
  });

  it('writes null as a type of its own, as OpenAPI 3.1 wants it', () => {
    expect(document.components?.schemas?.Parcel).toMatchObject({ properties: { note: { type: ['string', 'null'] } } });
  });

  it('has samples in seven languages, the first example of the body and its file', () => {
    const samples = Reflect.get(operation('send'), 'x-codeSamples') as { lang: string; source: string }[];
    expect(samples.map(({ lang }) => lang)).toEqual(['shell', 'javascript', 'python', 'php', 'java', 'go', 'csharp']);
    for (const { source } of samples) {
      expect(source).toContain('https://api.example.com/api/v2/parcels');
      expect(source).toContain('YOUR_TOKEN');
      expect(source).toContain('201000000000');
      expect(source).toContain('photo.jpg');
      expect(source).toContain('image/jpeg');
      expect(source).not.toContain('not in the samples');
    }
  });

  it('fills path parameters of samples with their examples, and leaves the token out where none is needed', () => {
    const [get] = Reflect.get(operation('get'), 'x-codeSamples') as { source: string }[];
    const [report] = Reflect.get(operation('report'), 'x-codeSamples') as { source: string }[];
    expect(get?.source).toContain("'https://api.example.com/api/v2/parcels/7'");
    expect(report?.source).not.toContain('Authorization');
  });

  it('lists in the errors page exactly the codes that its endpoints use and those that any request may meet', () => {
    const description = document.info.description ?? '';
    for (const code of ['WHATSAPP_NOT_CONFIGURED', 'INSUFFICIENT_SCOPE', 'METHOD_NOT_ALLOWED', 'PAYLOAD_TOO_LARGE']) {
      expect(description).toMatch(new RegExp(`^\\| \\d{3} *\\| \`${code}\``, 'm'));
    }
    expect(description).not.toContain('OTP_EXPIRED');
    expect(description).not.toContain('<!--');
  });

  it('has the pages of the reference and every guide as headings, and leads from one to another', () => {
    const text = (document.info.description ?? '').replaceAll(/^```.*?^```$/gms, '');
    const headings = [...text.matchAll(/^# (.*)$/gm)].map(([, heading]) => heading ?? '');
    const slugs = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    const links = [...text.matchAll(/\]\(#description\/([^)]*)\)/g)].map(([, slug]) => slug);
    expect(links).toContain('verifying-webhooks');
    expect(links.filter((slug) => !slugs.includes(slug ?? ''))).toEqual([]);
    expect(text).toContain('](docs/assets/n8n-workflow.json)');
    const files = readdirSync(new URL('../../../docs/guides/', import.meta.url));
    expect(files.sort()).toEqual(GUIDES.map((name) => `${name}.md`).sort());
    expect(headings).toEqual([
      'Introduction',
      'Authentication',
      'Errors',
      'Repeating a call safely',
      'Limits',
      'Lists',
      'Life of a message',
      'Why a message failed',
      'Changelog',
      'What webhooks tell',
      'Verifying webhooks',
      'Events in n8n',
      'WooCommerce',
      'Shopify',
    ]);
  });
});

describe('a parameter without an example', () => {
  @Controller('bare')
  @Public()
  class BareController {
    @Get(':id')
    @ApiPublicEndpoint({ tag: 'Bare', summary: 'Bare', description: 'Its parameter has no example.' })
    get(@Param('id') id: string): string {
      return id;
    }
  }

  it('stands in the samples by its name', async () => {
    const module = await Test.createTestingModule({ controllers: [BareController] }).compile();
    const app = module.createNestApplication({ logger: false });
    const [placed] = operationsOf(apiDocument(app, 'https://api.example.com'));
    expect(JSON.stringify(placed?.operation)).toContain('https://api.example.com/bare/ID');
    await app.close();
  });
});
