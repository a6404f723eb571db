import type { ErrorCode } from '../error-codes.js';

/** `error.message` and `error.details` as an answer with the code may hold them. */
export interface ErrorExample {
  readonly message: string;
  /** Absent when the code carries none. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One example per error code, shown beside the endpoints that answer with it. Codes are defined in error-codes.ts. */
export const ERROR_EXAMPLES: Readonly<Record<ErrorCode, ErrorExample>> = {
  BAD_REQUEST: { message: 'The request could not be read' },
  UNAUTHORIZED: { message: 'A valid access token is required' },
  INSUFFICIENT_SCOPE: {
    message: 'The access token lacks the scope messages:send',
    details: { required: ['messages:send'] },
  },
  FEATURE_NOT_AVAILABLE: {
    message: 'The plan does not include whatsapp_templates',
    details: { feature: 'whatsapp_templates' },
  },
  FEATURE_LIMIT_EXCEEDED: {
    message: "The plan's limit of 1000 contacts is reached",
    details: { feature: 'contacts', current: 1000, maximum: 1000 },
  },
  FORBIDDEN: { message: 'The verify token does not match' },
  CONTACT_OPTED_OUT: { message: 'The contact has opted out of messages' },
  NOT_FOUND: { message: 'Not found' },
  METHOD_NOT_ALLOWED: { message: 'This path allows POST' },
  IDEMPOTENCY_CONFLICT: { message: 'The Idempotency-Key was used before with another request' },
  IDEMPOTENCY_IN_PROGRESS: { message: 'The first call with this Idempotency-Key is still running' },
  RESOURCE_IN_USE: { message: 'Contacts use this source' },
  MESSAGE_NOT_CANCELLABLE: { message: 'The message has left already', details: { status: 'sent' } },
  PAYLOAD_TOO_LARGE: { message: 'The body is larger than 4194304 bytes' },
  RANGE_NOT_SATISFIABLE: { message: 'The file has only 1000 bytes' },
  VALIDATION_ERROR: {
    message: 'The given data was invalid',
    details: {
      phone: ['phone must be a possible phone number'],
      media_type: ['media_type must be one of image, document, video, audio'],
    },
  },
  WHATSAPP_NOT_CONFIGURED: { message: 'No WhatsApp phone number is connected' },
  SERVICE_WINDOW_CLOSED: {
    message: "The 24-hour service window is closed: the customer's last message is too old",
  },
  OTP_NOT_FOUND: { message: 'No one-time code is active for this phone and purpose' },
  OTP_EXPIRED: { message: 'The one-time code has expired' },
  MAX_ATTEMPTS_EXCEEDED: { message: 'Too many wrong codes' },
  INVALID_CODE: { message: 'The code is wrong', details: { attempts_remaining: 4 } },
  RATE_LIMIT_EXCEEDED: { message: 'Too many requests', details: { retry_after: 12 } },
  MESSAGE_SEND_FAILED: {
    message: 'WhatsApp refused the message',
    details: {
      chat_message_id: 91,
      retryable: false,
      whatsapp_error: {
        code: 131026,
        title: 'Message undeliverable',
        details: 'Message Undeliverable.',
        meaning: 'The person cannot receive it: no WhatsApp on this number, an old version, or its terms not accepted.',
        advice: 'Check the phone number, and reach the person in another way; do not repeat the message.',
      },
    },
  },
  INTERNAL_ERROR: { message: 'An internal error occurred' },
  SERVICE_UNAVAILABLE: { message: 'The service is temporarily unavailable' },
};
