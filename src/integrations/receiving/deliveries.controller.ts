import { Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBody, ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';
import { Public } from '../../auth-scopes/decorators.js';
import { BodyLimit, ReadsBody, RequestId } from '../../platform/http/decorators.js';
import {
  apiError,
  ApiEnvelope,
  ApiErrors,
  ApiIdParameter,
  ApiPublicEndpoint,
} from '../../platform/http/openapi/api-endpoint.js';
import { Reply } from '../../platform/http/reply.js';
import { LISTENER_KEY_PARAMETER, RECEIVE_PAYLOAD } from '../integrations.docs.js';
import type { ListenerRow } from '../store-listener.js';
import { CalledListener, CalledListenerGuard } from './called-listener.guard.js';
import { DeliveryReceiver } from './delivery-receiver.js';

/** Orders of a thousand lines are smaller; what is larger is none. */
const BODY_BYTES = 1024 * 1024;

/** `POST /api/v2/integrations/ecommerce/{key}`: where stores call. */
@Public()
@Controller('api/v2/integrations/ecommerce')
export class DeliveriesController {
  constructor(private readonly receiver: DeliveryReceiver) {}

  @Post(':id')
  @HttpCode(200)
  @UseGuards(CalledListenerGuard)
  @ReadsBody('raw')
  @BodyLimit(BODY_BYTES)
  @ApiPublicEndpoint(RECEIVE_PAYLOAD)
  @ApiIdParameter(LISTENER_KEY_PARAMETER)
  @ApiHeader({
    name: 'X-WC-Webhook-Signature',
    required: false,
    description: "Of WooCommerce: Base64 of the HMAC-SHA256 of the body's bytes under the listener's secret.",
    schema: { type: 'string' },
    example: '5poyFy4qB6fdvvT5pGbefZmfkpL48uD47F0WYwfmpo4=',
  })
  @ApiHeader({
    name: 'X-Shopify-Hmac-Sha256',
    required: false,
    description: 'Of Shopify: the same.',
    schema: { type: 'string' },
    example: 'XWmrwMey6OsLMeiZKwP4FppHH3cmAiiJJAweH5Jo4bM=',
  })
  @ApiHeader({
    name: 'webhook-signature',
    required: false,
    description: 'Of others: Standard Webhooks, with `webhook-id` and `webhook-timestamp`.',
    schema: { type: 'string' },
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  })
  @ApiBody({
    description: "The store's payload, up to 1 MB.",
    schema: { type: 'object', additionalProperties: true, example: { id: 727, status: 'processing' } },
  })
  @ApiEnvelope(null, { description: 'The payload is stored.', message: 'Payload received successfully' })
  @ApiErrors(
    apiError('UNAUTHORIZED', { when: 'The signature is missing, wrong or too old: nothing was stored.' }),
    apiError('NOT_FOUND', { when: 'No listener has this key.' }),
    apiError('PAYLOAD_TOO_LARGE', { when: 'The body is larger than 1 MB.' }),
    apiError('VALIDATION_ERROR', {
      when: 'The body is signed, and no JSON.',
      details: { body: ['The body is not valid JSON'] },
    }),
    apiError('RATE_LIMIT_EXCEEDED', {
      when: 'The listener was called too often, or 50,000 of its payloads, or 500 MB of them, wait for the end of its delay.',
    }),
    'SERVICE_UNAVAILABLE',
  )
  async deliver(
    @CalledListener() listener: ListenerRow,
    @Req() { headers, body }: Request,
    @RequestId() requestId: string,
  ): Promise<Reply<null>> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    return new Reply(null, { message: await this.receiver.receive(listener, { headers, body: bytes, requestId }) });
  }
}
