import { ApiError, ERROR_CODES, type ErrorCode } from '../http/api-error.js';
import { Reply, type ReplyOptions } from '../http/reply.js';

/** A successful answer as it is kept for replays. */
export interface KeptReply {
  readonly data: unknown;
  readonly options: ReplyOptions;
}

/** A failure that is an answer of its own: the message is stored, and WhatsApp refused it. */
export interface KeptError {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

export type KeptAnswer = KeptReply | KeptError;

/** Failures that are kept. Any other frees the key: what was wrong may be put right under the same key. */
const KEPT: ReadonlySet<ErrorCode> = new Set(['MESSAGE_SEND_FAILED']);

export const keptReply = ({ data, options }: Reply<unknown>): KeptReply => ({ data: data ?? null, options });

/** Undefined for a failure that frees the key. */
export function keptError({ code, message, details }: ApiError): KeptError | undefined {
  return KEPT.has(code) ? { error: { code, message, details } } : undefined;
}

const REPLAYED = { 'Idempotent-Replayed': 'true' };

/** The answer again. @throws ApiError when the answer was a failure */
export function replay(kept: KeptAnswer): Reply<unknown> {
  if ('error' in kept) {
    const { code, message, details } = kept.error;
    throw new ApiError(ERROR_CODES[code].status, code, message, details, REPLAYED);
  }
  return new Reply(kept.data, { ...kept.options, headers: { ...kept.options.headers, ...REPLAYED } });
}
