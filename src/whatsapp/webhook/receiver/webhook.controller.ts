import { Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../../../auth-scopes/decorators.js';
import { ReadsBody, RequestId } from '../../../platform/http/decorators.js';
import {
  apiError,
  ApiEnvelope,
  ApiErrors,
  ApiIdParameter,
  ApiPublicEndpoint,
} from '../../../platform/http/openapi/api-endpoint.js';
import { APP_KEY_PARAMETER, RECEIVE, VERIFY } from './webhook.docs.js';
import { WebhookReceiver } from './webhook-receiver.js';

/** Meta's callback: `/whatsapp/webhook` for the platform's app, `/whatsapp/webhook/{app_key}` for a tenant's own. */
@Public()
@Controller('api/v2/whatsapp/webhook')
export class WebhookController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** The handshake: answers the raw challenge as plain text. */
  @Get(['', ':app_key'])
  @ApiPublicEndpoint(VERIFY)
  @ApiIdParameter(APP_KEY_PARAMETER)
  @ApiQuery({
    name: 'hub.mode',
    description: 'What Meta wants: always `subscribe`.',
    schema: { type: 'string', enum: ['subscribe'], example: 'subscribe' },
  })
  @ApiQuery({
    name: 'hub.verify_token',
    description: 'The token entered beside the callback address.',
    schema: { type: 'string', example: 'the-verify-token-you-were-given' },
  })
  @ApiQuery({
    name: 'hub.challenge',
    description: 'Comes back as the answer.',
    schema: { type: 'string', example: '1158201444' },
  })
  @ApiOkResponse({
    description: 'The challenge as it came.',
    content: { 'text/plain': { schema: { type: 'string' }, example: '1158201444' } },
  })
  @ApiErrors(apiError('FORBIDDEN', { when: 'Mode or verify token are wrong.' }), 'SERVICE_UNAVAILABLE')
  async verify(
    @Param('app_key') appKey: string | undefined,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    const challenge = await this.receiver.verify(
      appKey,
      query['hub.mode'],
      query['hub.verify_token'],
      query['hub.challenge'],
    );
    response.status(200).type('text/plain').send(challenge);
  }

  /** A batch of updates, answered 200 once its bytes are stored. */
  @Post(['', ':app_key'])
  @ApiPublicEndpoint(RECEIVE)
  @ApiIdParameter(APP_KEY_PARAMETER)
  @ApiHeader({
    name: 'X-Hub-Signature-256',
    required: true,
    description: "`sha256=` and the HMAC-SHA256 of the body's bytes under the app's secret, 64 lower-case hex digits.",
    schema: { type: 'string', pattern: '^sha256=[0-9a-f]{64}$' },
    example: 'sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756',
  })
  @ApiBody({
    description: "Meta's envelope: up to 1,000 updates, up to 4 MB.",
    schema: {
      type: 'object',
      required: ['object', 'entry'],
      properties: {
        object: { type: 'string', enum: ['whatsapp_business_account'] },
        entry: { type: 'array', items: { type: 'object' } },
      },
      example: { object: 'whatsapp_business_account', entry: [] },
    },
  })
  @ApiEnvelope(null, { description: 'The updates are stored and will be processed.' })
  @ApiErrors(
    apiError('UNAUTHORIZED', { when: 'The signature is missing or wrong: nothing was stored.' }),
    'NOT_FOUND',
    'PAYLOAD_TOO_LARGE',
    'SERVICE_UNAVAILABLE',
  )
  @HttpCode(200)
  @ReadsBody('raw')
  async receive(
    @Param('app_key') appKey: string | undefined,
    @Headers('x-hub-signature-256') signature: string | undefined,
    @Req() request: Request,
    @RequestId() requestId: string,
  ): Promise<null> {
    const body: unknown = request.body;
    await this.receiver.receive(appKey, signature, Buffer.isBuffer(body) ? body : Buffer.alloc(0), requestId);
    return null;
  }
}
