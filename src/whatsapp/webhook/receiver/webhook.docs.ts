import type { EndpointDescription, PathParameter } from '../../../platform/http/openapi/api-endpoint.js';

const TAG = 'WhatsApp webhooks';

/** Only on the address of a tenant's own Meta app. */
export const APP_KEY_PARAMETER: PathParameter = {
  name: 'app_key',
  description: "Names a Meta app of your own; the platform's app has the address without it.",
  schema: { type: 'string' },
  example: 'k3J9sQ2mX7',
};

/** Text of the page about Meta's handshake. */
export const VERIFY: EndpointDescription = {
  tag: TAG,
  summary: 'Verify the callback',
  description:
    "Meta's handshake: when mode and verify token are right, the challenge is answered as it came, as plain text.",
};

/** Text of the page about Meta's updates. */
export const RECEIVE: EndpointDescription = {
  tag: TAG,
  summary: 'Receive updates',
  description:
    'Statuses of messages, messages of customers, and changes of accounts. The body is stored before it is answered with 200, and processed after that; an update that comes twice counts once. An account counts only when it belongs to the app that signed.',
};
