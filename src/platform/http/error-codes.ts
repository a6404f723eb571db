/**
 * Every `error.code` that the API answers with: its usual HTTP status, and what it tells the caller. The API reference
 * is written from this table, so a code is documented here, where it is defined, and nowhere else.
 */
export const ERROR_CODES = {
  BAD_REQUEST: {
    status: 400,
    meaning:
      'The bytes are no readable HTTP request (also 408 when they came too slowly, 431 when headers are too long).',
  },
  UNAUTHORIZED: {
    status: 401,
    meaning: 'No token, or one that is malformed, unknown, revoked or expired, or its tenant is not active.',
  },
  INSUFFICIENT_SCOPE: { status: 403, meaning: 'The token lacks a scope; details.required names the missing ones.' },
  FEATURE_NOT_AVAILABLE: { status: 403, meaning: 'The plan does not include details.feature.' },
  FEATURE_LIMIT_EXCEEDED: {
    status: 403,
    meaning: "The plan's limit is reached; details holds feature, current and maximum.",
  },
  FORBIDDEN: { status: 403, meaning: 'The verify token is wrong.' },
  CONTACT_OPTED_OUT: { status: 403, meaning: 'The contact does not want messages.' },
  NOT_FOUND: { status: 404, meaning: 'No such route, or no such record of this tenant.' },
  METHOD_NOT_ALLOWED: { status: 405, meaning: 'The path exists, but not with this method; see the Allow header.' },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    meaning: 'The Idempotency-Key was used before with another body or at another endpoint.',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    meaning: 'The first call with this Idempotency-Key is still running; repeat after Retry-After seconds.',
  },
  RESOURCE_IN_USE: { status: 409, meaning: 'Contacts use this source or status, so it cannot be deleted.' },
  MESSAGE_NOT_CANCELLABLE: { status: 409, meaning: 'The message has left already; details.status is its status.' },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: 'The body is larger than 4 MB.' },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    meaning: 'The file has no such range; the Content-Range header tells its size.',
  },
  VALIDATION_ERROR: {
    status: 422,
    meaning: 'The input is wrong; details maps every wrong field to its messages.',
  },
  WHATSAPP_NOT_CONFIGURED: { status: 422, meaning: 'The tenant has no WhatsApp number, or its number is paused.' },
  SERVICE_WINDOW_CLOSED: {
    status: 422,
    meaning: "The customer's last message is more than 24 hours old and the tenant asked us to refuse such sends.",
  },
  OTP_NOT_FOUND: { status: 422, meaning: 'No one-time code is active for this phone and purpose.' },
  OTP_EXPIRED: { status: 422, meaning: 'The one-time code has expired.' },
  MAX_ATTEMPTS_EXCEEDED: { status: 422, meaning: 'Too many wrong codes; a new one must be sent.' },
  INVALID_CODE: {
    status: 422,
    meaning: 'The code is wrong; details.attempts_remaining says how often it may be tried.',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    meaning: 'Too many calls; repeat after details.retry_after seconds (also in Retry-After).',
  },
  MESSAGE_SEND_FAILED: {
    status: 500,
    meaning: 'WhatsApp refused the message; details holds chat_message_id, retryable and whatsapp_error.',
  },
  INTERNAL_ERROR: { status: 500, meaning: 'A fault of ours. Report meta.request_id.' },
  SERVICE_UNAVAILABLE: {
    status: 503,
    meaning: 'The database is away, a disk is full, or we are overloaded; repeat after Retry-After seconds.',
  },
} as const satisfies Record<string, { status: number; meaning: string }>;

/** A value of `error.code`. */
export type ErrorCode = keyof typeof ERROR_CODES;
