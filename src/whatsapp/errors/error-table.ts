/**
 * What each error code of the Cloud API means for the message, the number and the account. Source: Meta's
 * "Cloud API error codes" page (codes and meanings), with classes, waits and limits of our own. Meta no longer
 * documents the HTTP status, and checks in changing order: only the code decides, never title, subcode or status.
 */

/**
 * - `retry`: the same payload may succeed later.
 * - `never`: this message fails for good.
 * - `pause_number`: number, token or account is at fault; nothing more leaves until the operator resumes it.
 * - `reengage`: the service window is closed; only a template or the customer's own message helps.
 */
export type ErrorClass = 'retry' | 'never' | 'pause_number' | 'reengage';

/** What an error is about, and so what has to wait or stop. `mgmt`: calls of the management API only. */
export type ErrorScope = 'pair' | 'phone' | 'token' | 'waba' | 'app' | 'template' | 'country' | 'mgmt';

/** One row of the table. */
export interface ErrorRow {
  /** Status that WhatsApp documented for it until December 2025; null: never documented. */
  readonly httpStatus: number | null;
  /** A short label for people. Never matched on. */
  readonly title: string;
  readonly class: ErrorClass;
  readonly scope?: ErrorScope;
  /** Retries at most; absent: until the message expires. */
  readonly maxRetries?: number;
  /** First wait, seconds. */
  readonly waitSeconds?: number;
  /** Wait exactly 4^X seconds, X = 0, 1, 2 … (WhatsApp's rule for the pair limit). */
  readonly pow4?: true;
  /** The same recipient is not tried again before this many seconds. */
  readonly notBeforeSeconds?: number;
  /** The list that the recipient goes on. */
  readonly suppress?: 'marketing';
}

/** Codes 200 to 299: a permission is missing. */
export const PERMISSION_RANGE = { first: 200, last: 299 } as const;
export const PERMISSION_ROW: ErrorRow = {
  httpStatus: 403,
  title: 'API Permission',
  class: 'pause_number',
  scope: 'token',
};

/** A code that the table does not know, with a status of 500 to 599 or 429. */
export const UNKNOWN_SERVER_ROW: ErrorRow = {
  httpStatus: null,
  title: 'unknown, server side',
  class: 'retry',
  maxRetries: 3,
  waitSeconds: 2,
};

/** A code that the table does not know, with any other status. */
export const UNKNOWN_CLIENT_ROW: ErrorRow = { httpStatus: null, title: 'unknown, client side', class: 'never' };

export const ERROR_TABLE: ReadonlyMap<number, ErrorRow> = new Map<number, ErrorRow>([
  [0, { httpStatus: 401, title: 'AuthException', class: 'pause_number', scope: 'token' }],
  [1, { httpStatus: 400, title: 'API Unknown', class: 'retry', maxRetries: 2, waitSeconds: 2 }],
  [2, { httpStatus: 503, title: 'API Service', class: 'retry', maxRetries: 5, waitSeconds: 30 }],
  [3, { httpStatus: 500, title: 'API Method', class: 'pause_number', scope: 'token' }],
  [4, { httpStatus: 400, title: 'API Too Many Calls', class: 'retry', scope: 'app', waitSeconds: 300 }],
  [10, { httpStatus: 403, title: 'Permission Denied', class: 'pause_number', scope: 'token' }],
  [
    33,
    { httpStatus: 400, title: 'Parameter value is not valid (number deleted)', class: 'pause_number', scope: 'phone' },
  ],
  [100, { httpStatus: 400, title: 'Invalid parameter', class: 'never' }],
  [104, { httpStatus: null, title: 'Access token missing or invalid', class: 'pause_number', scope: 'token' }],
  [190, { httpStatus: 401, title: 'Access token has expired', class: 'pause_number', scope: 'token' }],
  [
    368,
    { httpStatus: 403, title: 'Temporarily blocked for policies violations', class: 'pause_number', scope: 'waba' },
  ],
  [80007, { httpStatus: 400, title: 'Rate limit issues', class: 'retry', scope: 'waba', waitSeconds: 300 }],
  [80008, { httpStatus: null, title: 'Too many calls to this WABA', class: 'retry', scope: 'mgmt', waitSeconds: 300 }],
  [130403, { httpStatus: null, title: 'Business has blocked the user', class: 'never' }],
  [130429, { httpStatus: 400, title: 'Rate limit hit', class: 'retry', scope: 'phone', waitSeconds: 1 }],
  [130472, { httpStatus: 400, title: "User's number is part of an experiment", class: 'never' }],
  [
    130497,
    { httpStatus: 403, title: 'Restricted from messaging users in this country', class: 'never', scope: 'country' },
  ],
  [131000, { httpStatus: 500, title: 'Something went wrong', class: 'retry', maxRetries: 3, waitSeconds: 2 }],
  [131005, { httpStatus: 403, title: 'Access denied', class: 'pause_number', scope: 'token' }],
  [131008, { httpStatus: 400, title: 'Required parameter is missing', class: 'never' }],
  [131009, { httpStatus: 400, title: 'Parameter value is not valid', class: 'never' }],
  [131016, { httpStatus: 500, title: 'Service unavailable', class: 'retry', maxRetries: 5, waitSeconds: 2 }],
  [131021, { httpStatus: 400, title: 'Recipient cannot be sender', class: 'never' }],
  [131026, { httpStatus: 400, title: 'Message undeliverable', class: 'never' }],
  [131030, { httpStatus: 400, title: 'Recipient phone number not in allowed list', class: 'never' }],
  [131031, { httpStatus: 403, title: 'Account has been locked', class: 'pause_number', scope: 'waba' }],
  [131037, { httpStatus: 400, title: 'Display name approval needed', class: 'pause_number', scope: 'phone' }],
  [131042, { httpStatus: 400, title: 'Business eligibility payment issue', class: 'pause_number', scope: 'waba' }],
  [131044, { httpStatus: 400, title: 'Payment method missing (calling)', class: 'pause_number', scope: 'waba' }],
  [131045, { httpStatus: 500, title: 'Incorrect certificate', class: 'pause_number', scope: 'phone' }],
  [131047, { httpStatus: 400, title: 'Re-engagement message', class: 'reengage', scope: 'pair' }],
  [131048, { httpStatus: 400, title: 'Spam rate limit hit', class: 'pause_number', scope: 'phone' }],
  [
    131049,
    { httpStatus: 400, title: 'Meta chose not to deliver', class: 'never', scope: 'pair', notBeforeSeconds: 86400 },
  ],
  [131050, { httpStatus: 400, title: 'User stopped marketing messages', class: 'never', suppress: 'marketing' }],
  [131051, { httpStatus: 400, title: 'Unsupported message type', class: 'never' }],
  [131052, { httpStatus: 400, title: 'Media download error (inbound)', class: 'never' }],
  [131053, { httpStatus: 400, title: 'Media upload error', class: 'never' }],
  [131055, { httpStatus: 400, title: 'Method not allowed', class: 'never' }],
  [
    131056,
    { httpStatus: 400, title: 'Pair rate limit hit', class: 'retry', scope: 'pair', waitSeconds: 1, pow4: true },
  ],
  [131057, { httpStatus: 500, title: 'Account in maintenance mode', class: 'retry', scope: 'phone', waitSeconds: 60 }],
  [131060, { httpStatus: null, title: 'Message unavailable (inbound)', class: 'never' }],
  [131062, { httpStatus: null, title: 'BSUID recipient not supported for this message', class: 'never' }],
  [131063, { httpStatus: null, title: 'Marketing templates disabled on Cloud API', class: 'never', scope: 'waba' }],
  [
    131064,
    {
      httpStatus: null,
      title: 'Limit reached: template classification violations',
      class: 'pause_number',
      scope: 'waba',
    },
  ],
  [132000, { httpStatus: 400, title: 'Template param count mismatch', class: 'never', scope: 'template' }],
  [132001, { httpStatus: 404, title: 'Template does not exist', class: 'never', scope: 'template' }],
  [132005, { httpStatus: 400, title: 'Template hydrated text too long', class: 'never' }],
  [132007, { httpStatus: 400, title: 'Template format character policy violated', class: 'never', scope: 'template' }],
  [132012, { httpStatus: 400, title: 'Template parameter format mismatch', class: 'never' }],
  [132015, { httpStatus: 400, title: 'Template is paused', class: 'never', scope: 'template' }],
  [132016, { httpStatus: 400, title: 'Template is disabled', class: 'never', scope: 'template' }],
  [132018, { httpStatus: 400, title: 'Template validation error', class: 'never', scope: 'template' }],
  [132068, { httpStatus: 400, title: 'Flow is blocked', class: 'never' }],
  [132069, { httpStatus: 400, title: 'Flow is throttled', class: 'never' }],
  [133000, { httpStatus: 500, title: 'Incomplete deregistration', class: 'pause_number', scope: 'phone' }],
  [
    133004,
    { httpStatus: 503, title: 'Server temporarily unavailable', class: 'retry', maxRetries: 5, waitSeconds: 30 },
  ],
  [133005, { httpStatus: 400, title: 'Two-step PIN mismatch', class: 'never', scope: 'mgmt' }],
  [133006, { httpStatus: 400, title: 'Phone number re-verification needed', class: 'never', scope: 'mgmt' }],
  [133008, { httpStatus: 400, title: 'Too many PIN guesses', class: 'never', scope: 'mgmt' }],
  [133009, { httpStatus: 400, title: 'PIN guessed too fast', class: 'never', scope: 'mgmt' }],
  [133010, { httpStatus: 400, title: 'Phone number not registered', class: 'pause_number', scope: 'phone' }],
  [
    133015,
    { httpStatus: 400, title: 'Wait before registering this number', class: 'retry', scope: 'mgmt', waitSeconds: 300 },
  ],
  [133016, { httpStatus: 400, title: 'Register/deregister rate limit exceeded', class: 'never', scope: 'mgmt' }],
  [134011, { httpStatus: 400, title: 'WhatsApp Payments ToS not accepted', class: 'never' }],
  [134100, { httpStatus: 400, title: 'Only marketing messages supported', class: 'never' }],
  [
    134101,
    { httpStatus: 400, title: 'Template is still syncing', class: 'retry', scope: 'template', waitSeconds: 600 },
  ],
  [134102, { httpStatus: 500, title: 'Template unavailable for use', class: 'never', scope: 'template' }],
  [135000, { httpStatus: 400, title: 'Generic user error', class: 'never' }],
  [139200, { httpStatus: null, title: 'Direct Send access blocked', class: 'never', scope: 'waba' }],
  [2388019, { httpStatus: null, title: 'Message template limit exceeded', class: 'never', scope: 'mgmt' }],
  [
    2494100,
    { httpStatus: null, title: 'Number in maintenance mode', class: 'retry', scope: 'phone', waitSeconds: 180 },
  ],
]);
