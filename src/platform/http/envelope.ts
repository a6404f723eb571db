import type { ApiError } from './api-error.js';
import type { Reply } from './reply.js';
import { timestamp } from './timestamp.js';

/** The body of every success answer, with its status and headers. Only {@link ApiAdapter} writes it. */
export class SuccessEnvelope {
  readonly body: object;

  constructor(
    reply: Reply<unknown>,
    requestId: string,
    readonly status = reply.options.status ?? 200,
    readonly headers = reply.options.headers,
  ) {
    const { message, meta } = reply.options;
    this.body = {
      success: true,
      data: reply.data ?? null,
      ...(message === undefined ? {} : { message }),
      meta: { ...meta, request_id: requestId, timestamp: timestamp(new Date()) },
    };
  }
}

/** The body of every error answer. */
export const errorEnvelope = (error: ApiError, requestId: string): object => ({
  success: false,
  error: {
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: error.details }),
  },
  meta: { request_id: requestId, timestamp: timestamp(new Date()) },
});
