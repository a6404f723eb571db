import { ERROR_CODES, type ErrorCode } from './error-codes.js';

export { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** Messages by field name, as `error.details` of a 422 holds them: `{"contacts.3.phone": ["…"]}`. */
export type FieldErrors = Record<string, string[]>;

/** Adds the messages of `more` to those of `into`. */
export function mergeFaults(into: FieldErrors, more: FieldErrors): void {
  for (const [field, messages] of Object.entries(more)) {
    into[field] = [...(Object.hasOwn(into, field) ? (into[field] ?? []) : []), ...messages];
  }
}

/**
 * An error that the caller of the API sees. Thrown where it happens; the one exception filter turns it into the
 * envelope. `message` and `details` reach the caller, so they hold no secret, SQL or path of ours.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly details?: Readonly<Record<string, unknown>>,
    /** Extra answer headers, for example `Retry-After`. */
    readonly headers?: Readonly<Record<string, string>>,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const of = (
  code: ErrorCode,
  message: string,
  details?: Record<string, unknown>,
  headers?: Record<string, string>,
): ApiError => new ApiError(ERROR_CODES[code].status, code, message, details, headers);

/** 401, with the `WWW-Authenticate` header of RFC 6750. Says nothing about why, so that tokens cannot be probed. */
export const unauthorized = (message = 'A valid access token is required'): ApiError =>
  of('UNAUTHORIZED', message, undefined, { 'WWW-Authenticate': 'Bearer' });

/** 403: the token lacks these scopes. */
export const insufficientScope = (required: readonly string[]): ApiError =>
  of('INSUFFICIENT_SCOPE', `The access token lacks the scope ${required.join(', ')}`, { required: [...required] });

/** 403: the plan does not include the feature. */
export const featureNotAvailable = (feature: string): ApiError =>
  of('FEATURE_NOT_AVAILABLE', `The plan does not include ${feature}`, { feature });

/** 403: a limit of the plan is reached. */
export const featureLimitExceeded = (feature: string, current: number, maximum: number): ApiError =>
  of('FEATURE_LIMIT_EXCEEDED', `The plan's limit of ${maximum} ${feature} is reached`, { feature, current, maximum });

/** 403: who calls is not let in, and no access token would change that. */
export const forbidden = (message: string): ApiError => of('FORBIDDEN', message);

/** 403: the contact does not want messages. */
export const contactOptedOut = (message = 'The contact has opted out of messages'): ApiError =>
  of('CONTACT_OPTED_OUT', message);

/** 404: no such route, or no such record of this tenant. */
export const notFound = (message = 'Not found'): ApiError => of('NOT_FOUND', message);

/** 405, with the methods that the path has. */
export const methodNotAllowed = (allowed: readonly string[]): ApiError =>
  of('METHOD_NOT_ALLOWED', `This path allows ${allowed.join(', ')}`, undefined, { Allow: allowed.join(', ') });

/** 409 with the given code. */
export const conflict = (
  code: 'IDEMPOTENCY_CONFLICT' | 'RESOURCE_IN_USE' | 'MESSAGE_NOT_CANCELLABLE',
  message: string,
  details?: Record<string, unknown>,
): ApiError => of(code, message, details);

/** 409: the first call with this key still runs. `retryAfter` in seconds. */
export const idempotencyInProgress = (retryAfter: number): ApiError =>
  of('IDEMPOTENCY_IN_PROGRESS', 'The first call with this Idempotency-Key is still running', undefined, {
    'Retry-After': String(retryAfter),
  });

/** 413: a body over its limit (a file over its limit is a 422 on its field instead). */
export const payloadTooLarge = (limitBytes: number): ApiError =>
  of('PAYLOAD_TOO_LARGE', `The body is larger than ${limitBytes} bytes`);

/** 416, with the size of the file in `Content-Range` (RFC 9110, 15.5.17). */
export const rangeNotSatisfiable = (sizeBytes: number): ApiError =>
  of('RANGE_NOT_SATISFIABLE', `The file has only ${sizeBytes} bytes`, undefined, {
    'Content-Range': `bytes */${sizeBytes}`,
  });

/** 422: every wrong field with its messages. */
export const validationError = (details: FieldErrors, message = 'The given data was invalid'): ApiError =>
  of('VALIDATION_ERROR', message, details);

/** 422: the tenant has no usable WhatsApp number; `reason` says which and why. */
export const whatsappNotConfigured = (reason: string): ApiError => of('WHATSAPP_NOT_CONFIGURED', reason);

/** 422: closed service window, for tenants that enforce it. */
export const serviceWindowClosed = (): ApiError =>
  of('SERVICE_WINDOW_CLOSED', "The 24-hour service window is closed: the customer's last message is too old");

const OTP_MESSAGES = {
  OTP_NOT_FOUND: 'No one-time code is active for this phone and purpose',
  OTP_EXPIRED: 'The one-time code has expired',
  MAX_ATTEMPTS_EXCEEDED: 'Too many wrong codes',
  INVALID_CODE: 'The code is wrong',
} as const satisfies Partial<Record<ErrorCode, string>>;

/** 422: a one-time code was not verified; `details` never holds a code. */
export const otpRefused = (code: keyof typeof OTP_MESSAGES, details?: { attempts_remaining: number }): ApiError =>
  of(code, OTP_MESSAGES[code], details);

/** 429. `retryAfter` in whole seconds, at least 1. */
export const rateLimitExceeded = (retryAfter: number, message = 'Too many requests'): ApiError =>
  of('RATE_LIMIT_EXCEEDED', message, { retry_after: retryAfter }, { 'Retry-After': String(retryAfter) });

/** What WhatsApp said about a refused message. */
export interface WhatsappErrorDetails {
  code: number | string;
  title: string | null;
  details: string | null;
  /** What it means, in one plain sentence, and what to do. */
  meaning: string;
  advice: string;
}

/** 500: WhatsApp refused the message, which stays stored as `chat_message_id`. */
export const messageSendFailed = (chatMessageId: number, retryable: boolean, error: WhatsappErrorDetails): ApiError =>
  of('MESSAGE_SEND_FAILED', 'WhatsApp refused the message', {
    chat_message_id: chatMessageId,
    retryable,
    whatsapp_error: {
      code: error.code,
      title: error.title,
      details: error.details,
      meaning: error.meaning,
      advice: error.advice,
    },
  });

/** 500 for a fault of ours; the cause goes to the log, never to the caller. */
export const internalError = (cause?: unknown): ApiError =>
  new ApiError(500, 'INTERNAL_ERROR', 'An internal error occurred', undefined, undefined, { cause });

/** 503. `retryAfter` in seconds; the cause goes to the log only. */
export const serviceUnavailable = (cause?: unknown, retryAfter = 2): ApiError =>
  new ApiError(
    503,
    'SERVICE_UNAVAILABLE',
    'The service is temporarily unavailable',
    undefined,
    { 'Retry-After': String(retryAfter) },
    { cause },
  );
