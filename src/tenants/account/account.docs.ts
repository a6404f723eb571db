import type { EndpointDescription } from '../../platform/http/openapi/api-endpoint.js';

const TAG = 'Account';

/** The page "Get account". */
export const GET_ACCOUNT: EndpointDescription = {
  tag: TAG,
  summary: 'Get account',
  description: 'Your business as the platform knows it, and its subscription.',
};

/** The page "Get usage". */
export const GET_USAGE: EndpointDescription = {
  tag: TAG,
  summary: 'Get usage',
  description:
    'How much of your plan is used. The numbers are kept with every change, so this call is quick however much there is. Customers who write in always become contacts, so `current` may be above `limit`.',
};

/** The page "Get limits". */
export const GET_LIMITS: EndpointDescription = {
  tag: TAG,
  summary: 'Get limits',
  description:
    'What your plan allows. `api_calls_per_minute` is the limit of the token that makes the call: its own, and never more than the plan allows.',
};
