import { apiError, type EndpointDescription, type PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { ListenerDto } from './listeners/listener.dto.js';
import { LISTENER_LIST } from './listeners/listener-list.js';

const TAG = 'Stores';

/** `{id}` of a listener. */
export const LISTENER_ID: PathParameter = {
  name: 'id',
  description: 'Id of the listener.',
  schema: { type: 'integer' },
  example: 5,
};

/** The same place of the path, where a store calls. */
export const LISTENER_KEY_PARAMETER: PathParameter = {
  name: 'id',
  description: "The listener's `key`, as its `url` has it.",
  schema: { type: 'string' },
  example: 'Q3vJm0yXw1b7Zk9sT2uHc8Rd',
};

/** `{payload_id}` of a payload. */
export const PAYLOAD_ID: PathParameter = {
  name: 'payload_id',
  description: 'Id of the payload.',
  schema: { type: 'integer' },
  example: 812,
};

/** The same, where no listener is named. */
export const RETRIED_PAYLOAD_ID: PathParameter = { ...PAYLOAD_ID, name: 'id' };

/** A payload that cannot be sent again. */
export const NOT_RETRIED = apiError('VALIDATION_ERROR', {
  when: 'It was sent, or waits to be worked off, or its body is not stored any more.',
  details: { status: ['Only failed and skipped payloads are sent again; this one is sent'] },
});

/** Wrong input of create and update. */
export const WRONG_LISTENER = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, or there are 50 listeners already.',
  details: { 'mapping.field_1': ['field_1 is no path: it cannot be read from "." on'] },
});

export const LIST_LISTENERS: ListEndpointDescription = {
  tag: TAG,
  summary: 'List listeners',
  description: 'Your listeners, the oldest first.',
  spec: LISTENER_LIST,
  item: ListenerDto,
  message: 'Listeners retrieved successfully',
};

export const GET_LISTENER: EndpointDescription = {
  tag: TAG,
  summary: 'Get listener',
  description: 'One listener. Its secret is never shown.',
};

export const CREATE_LISTENER: EndpointDescription = {
  tag: TAG,
  summary: 'Create listener',
  description: `A public address for one topic of one store, and the template message that its payloads lead to. You may have 50.

**\`mapping\`** names fields of "Send template message" (\`phone\`, \`field_1\` … \`field_10\`, \`header_field_1\`, \`header_image_url\` and the other addresses and the place of a header, \`button_0\` … \`button_9\`, \`from\`, and \`template_name\` or \`language\` where the payload decides) and of the contact (\`contact.firstname\`, \`contact.lastname\`, \`contact.email\`, \`contact.country\`, \`contact.assigned_id\`, \`contact.groups\`), and says where each is found:

| value | comes to |
| --- | --- |
| \`$.billing.phone\` | what stands there: a text, a number, true or false |
| \`Order \${$.number} of \${$.total}\` | the text with what stands there; nothing when none of its paths finds anything |
| \`["$.phone", "$.customer.phone"]\` | the first of up to five that is found |
| \`Our shop\` | itself |

Paths know \`$\` (the payload), \`.name\`, \`['name']\` and \`[0]\`; at most 20 steps and 300 characters. White space in what is found becomes single spaces; more than 10,000 characters are not taken. Merge fields such as \`@{contact_first_name}\` work as in every send.

**\`delay_minutes\`** lets payloads wait, and the newest of the same \`once_per\` count: for a basket that is told of with every step, and is abandoned when none follows. At most 50,000 of a listener wait, of 500 MB together; further calls get 429.

**\`conditions\`** all have to hold: \`eq\`, \`ne\`, \`in\`, \`gt\`, \`lt\`, \`exists\` (\`value\` true or false). A text that is a number equals the number. They look at the payload, not at headers: make a listener for each topic, as the store has a webhook for each.

What a payload says of a new contact and cannot be taken (an e-mail that another contact has) is left out; the message is sent.`,
};

export const UPDATE_LISTENER: EndpointDescription = {
  tag: TAG,
  summary: 'Update listener',
  description:
    'Changes what is given; `mapping` and `conditions` as a whole. `null` takes `once_per`, `default_country`, `conditions` and the secret of a generic listener away. Its key stays.',
};

export const DELETE_LISTENER: EndpointDescription = {
  tag: TAG,
  summary: 'Delete listener',
  description: 'Deletes a listener with its payloads. Its address answers 404 from then on; messages stay.',
};

export const LIST_PRESETS: EndpointDescription = {
  tag: TAG,
  summary: 'List presets',
  description:
    'Ready-made mappings and conditions for what happens in WooCommerce and Shopify. Copy `kind`, `mapping`, `conditions`, `once_per`, `default_country` and `delay_minutes` into a new listener, and give it a name, a secret, and a template whose variables are those of `example_text`.',
};

export const DRY_RUN: EndpointDescription = {
  tag: TAG,
  summary: 'Try a payload',
  description:
    "The body is a store's payload. Answers what it would lead to if it were delivered now, by all that a real one goes through: conditions, mapping, template, contact, plan and opt-out. Nothing is sent, stored or counted, a picture in the header is not downloaded, and it makes no difference whether the listener is enabled or has a delay.",
};

export const LIST_PAYLOADS: EndpointDescription = {
  tag: TAG,
  summary: 'List payloads',
  description:
    'The last 100 payloads of a listener, the newest first, with what became of each: `received` (not worked off yet), `sent`, `skipped` or `failed`, and why. Of those that wait, be it for the end of a delay, the newest 20 are among them. Bodies go with the 101st, after 30 days, and when the contact they speak of is deleted.',
};

export const GET_PAYLOAD: EndpointDescription = {
  tag: TAG,
  summary: 'Get payload',
  description: 'One payload, whatever its size.',
};

export const RETRY_PAYLOAD: EndpointDescription = {
  tag: TAG,
  summary: 'Send payload again',
  description:
    'Works a `failed` or `skipped` payload off once more, by the listener\'s present mapping, conditions and template: after the template was approved, the mapping mended, the plan extended. The answer shows it as `received`; what becomes of it is shown by "Get payload". `once_per` counts as ever.',
};

export const RECEIVE_PAYLOAD: EndpointDescription = {
  tag: TAG,
  summary: 'Deliver a payload',
  description: `The public address of a listener, called by the store. The bytes are checked against the signature, stored, and answered; the message follows at once, and what fails for the moment is tried again here: the store need not repeat anything.

| kind | signature | a repeat is told by |
| --- | --- | --- |
| \`woocommerce\` | \`X-WC-Webhook-Signature\`: Base64 of the HMAC-SHA256 of the body | \`X-WC-Webhook-Delivery-ID\` and the payload's \`id\` |
| \`shopify\` | \`X-Shopify-Hmac-Sha256\`: the same | \`X-Shopify-Event-Id\` and topic |
| \`generic\` | Standard Webhooks (\`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`), or none without a secret | \`webhook-id\` |

Without such an id the body tells; with \`delay_minutes\`, only as long as no newer payload of the same \`once_per\` has come: then things are again as they were, and it is the newest. For 7 days a repeat is answered with 200 and sends nothing. WooCommerce's test call, a form with \`webhook_id\`, is answered with 200.`,
};
