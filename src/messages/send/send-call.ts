import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Settings } from '../../platform/config/settings.js';
import { Reply } from '../../platform/http/reply.js';
import type { IdempotencyClaim } from '../../platform/idempotency/idempotency-claim.js';
import type { SentDto } from '../dto/sent.dto.js';
import { readPreference } from '../outbound/prefer.js';
import type { SendContext } from './send.service.js';

/** A call that sends: whose it is, and what it prefers. */
export interface SendCall {
  tenantId: number;
  tokenId: number;
  requestId: string;
  /** The `Prefer` header. */
  prefer: string | string[] | undefined;
  /** Of its `Idempotency-Key`; null without. */
  claim: IdempotencyClaim | null;
}

/** The call as the send endpoints need it. Only on routes with `@RequireScopes`. */
export const CurrentSend = createParamDecorator((_: unknown, context: ExecutionContext): SendCall => {
  const request = context.switchToHttp().getRequest<Request>();
  const { tenant, idempotentCall } = request.context;
  if (!tenant) throw new Error('@CurrentSend() on a route without @RequireScopes()');
  const { tenantId, tokenId, requestId } = tenant;
  return { tenantId, tokenId, requestId, prefer: request.headers.prefer, claim: idempotentCall?.claim ?? null };
});

/** Lets a send wait as long as its caller prefers, and answers it. */
@Injectable()
export class SendReplies {
  constructor(private readonly settings: Settings) {}

  /** `subject` begins the sentence of the answer: `Text message` becomes "Text message sent successfully". */
  async reply<T extends SentDto>(
    { tenantId, tokenId, requestId, prefer, claim }: SendCall,
    subject: string,
    send: (context: SendContext) => Promise<T>,
  ): Promise<Reply<T>> {
    const { waitMs, applied } = readPreference(prefer, this.settings.SEND_WAIT_MS);
    const replyOf = <D extends SentDto>(data: D): Reply<D> =>
      new Reply(data, {
        message: `${subject} ${data.status} successfully`,
        headers: applied ? { 'Preference-Applied': applied } : undefined,
      });
    return replyOf(await send({ tenantId, tokenId, requestId, waitMs, key: claim && { claim, replyOf } }));
  }
}
