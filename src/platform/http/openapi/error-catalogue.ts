/** What the reference says about one error code. */
export interface ErrorEntry {
  readonly status: number;
  /** When a caller meets it, in one or two sentences. */
  readonly meaning: string;
  /** `error.message` of the example. */
  readonly message: string;
  /** `error.details` of the example; absent when the code carries none. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Every error code a caller of the public API can meet, with its status and meaning: the source of the reference's
 * error table and of the examples beside each endpoint. A code has one status wherever it is used.
 */
export const ERROR_CATALOGUE = {
  UNAUTHORIZED: {
    status: 401,
    meaning:
      'The token is missing, malformed, unknown, revoked or expired, or the tenant is not active. The answer carries `WWW-Authenticate: Bearer`.',
    message: 'A valid API token is required',
  },
  INSUFFICIENT_SCOPE: {
    status: 403,
    meaning: 'The token is valid but lacks the scope that the endpoint requires; `details.required` names it.',
    message: 'The token lacks a required scope',
    details: { required: ['messages:send'] },
  },
  FEATURE_NOT_AVAILABLE: {
    status: 403,
    meaning: "The tenant's plan does not include the feature in `details.feature`.",
    message: 'The plan does not include this feature',
    details: { feature: 'api_access' },
  },
  FEATURE_LIMIT_EXCEEDED: {
    status: 403,
    meaning:
      "The call would exceed a limit of the tenant's plan: `details.feature` is `contacts` (a contact would be created) or `conversations` (a conversation would be opened).",
    message: 'The plan allows no more contacts',
    details: { feature: 'contacts', current: 1000, maximum: 1000 },
  },
  CONTACT_OPTED_OUT: {
    status: 403,
    meaning: 'The recipient does not want messages from this business.',
    message: 'The contact has opted out',
  },
  NOT_FOUND: {
    status: 404,
    meaning:
      'There is no such route, or no such record of this tenant. Records of other tenants are never told apart from missing ones.',
    message: 'Not found',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    meaning: 'The route exists, but not with this method; `Allow` lists the methods it has.',
    message: 'Method not allowed',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    meaning:
      'The body is larger than the endpoint reads. A media file over the limit of its type is a `VALIDATION_ERROR` instead.',
    message: 'The request body is too large',
  },
  VALIDATION_ERROR: {
    status: 422,
    meaning:
      'The input is not acceptable. `details` has one key per wrong field (nested ones as `contact.email`), each with a list of messages; every wrong field is named at once. A body that cannot be parsed is reported here too.',
    message: 'The given data was invalid',
    details: { phone: ['phone must be a possible phone number'] },
  },
  WHATSAPP_NOT_CONFIGURED: {
    status: 422,
    meaning:
      'The tenant has no working WhatsApp connection: no phone number is connected, or the number is paused (then `details.reason` says why).',
    message: 'No WhatsApp phone number is connected',
  },
  SERVICE_WINDOW_CLOSED: {
    status: 422,
    meaning:
      'The tenant enforces the customer service window and it is closed for this contact. Nothing was stored. Only for tenants with that setting.',
    message: 'The customer service window is closed',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    meaning: 'The token used up its calls for this minute. Wait `details.retry_after` seconds (also in `Retry-After`).',
    message: 'Too many requests',
    details: { retry_after: 12 },
  },
  MESSAGE_SEND_FAILED: {
    status: 500,
    meaning:
      "WhatsApp refused the message while the call was waiting. The message is stored as `failed` under `details.chat_message_id`; `details.whatsapp_error` holds WhatsApp's own code, title and details, and `details.retryable` says whether sending it again can help.",
    message: 'WhatsApp refused the message',
    details: {
      chat_message_id: 91,
      retryable: false,
      whatsapp_error: {
        code: 131026,
        title: 'Message undeliverable',
        details: 'The recipient is not a WhatsApp user, or has not accepted the latest terms.',
      },
    },
  },
  INTERNAL_ERROR: {
    status: 500,
    meaning: 'Something failed on our side. Quote `meta.request_id` when you ask about it.',
    message: 'Internal error',
  },
  SERVICE_UNAVAILABLE: {
    status: 503,
    meaning:
      'The platform cannot take the request now (database away, disk full, overload). Nothing was stored; try again after `Retry-After` seconds.',
    message: 'The service is temporarily unavailable',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type DocumentedErrorCode = keyof typeof ERROR_CATALOGUE;
