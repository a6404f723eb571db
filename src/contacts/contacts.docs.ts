import type { EndpointDescription, PathParameter } from '../platform/http/openapi/api-endpoint.js';

const TAG = 'Contacts';

/** `{id}` of a contact. */
export const CONTACT_ID: PathParameter = {
  name: 'id',
  description: 'Id of the contact: `contact_id` of its messages.',
  schema: { type: 'integer' },
  example: 12,
};

/** The page "Opt out". */
export const OPT_OUT: EndpointDescription = {
  tag: TAG,
  summary: 'Opt contact out',
  description:
    'The contact receives nothing any more: every send to it is answered with 403 `CONTACT_OPTED_OUT`, and what waits for it fails with that reason. A message that is being handed to WhatsApp at this very moment may still arrive; it is then shown as sent, never as failed. Calling it again changes nothing.',
};

/** The page "Opt in". */
export const OPT_IN: EndpointDescription = {
  tag: TAG,
  summary: 'Opt contact in',
  description:
    'The contact receives messages again. What failed meanwhile stays failed. Do it only when the contact has agreed; calling it again changes nothing.',
};
