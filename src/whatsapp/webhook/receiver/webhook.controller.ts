import { Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public } from '../../../auth-scopes/decorators.js';
import { ReadsBody, RequestId } from '../../../platform/http/decorators.js';
import { WebhookReceiver } from './webhook-receiver.js';

/** Meta's callback: `/whatsapp/webhook` for the platform's app, `/whatsapp/webhook/{app_key}` for a tenant's own. */
@Public()
@Controller('api/v2/whatsapp/webhook')
export class WebhookController {
  constructor(private readonly receiver: WebhookReceiver) {}

  /** The handshake: answers the raw challenge as plain text. */
  @Get(['', ':app_key'])
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
