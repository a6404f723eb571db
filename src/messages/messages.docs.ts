import type { EndpointDescription } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { MessageDto } from './dto/message.dto.js';
import { MESSAGE_LIST } from './list/message-list.js';

const TAG = 'Messages';

/** The page "List messages". */
export const LIST_MESSAGES: ListEndpointDescription = {
  tag: TAG,
  summary: 'List messages',
  description: `What was sent and received, newest first. How to page, sort, search and filter stands on the page "Lists".`,
  spec: MESSAGE_LIST,
  item: MessageDto,
  message: 'Messages retrieved successfully',
};

/** The same list at the address that older clients call. */
export const LIST_MESSAGES_ALIAS: ListEndpointDescription = {
  ...LIST_MESSAGES,
  summary: 'List messages (other address)',
  description: 'The same as `GET /api/v2/messages`, in everything.',
};

/** Text of the page "Get message". */
export const GET_MESSAGE: EndpointDescription = {
  tag: TAG,
  summary: 'Get message',
  description: 'One message, sent or received, with its present status.',
};

/** Text of the page "Cancel message". */
export const CANCEL_MESSAGE: EndpointDescription = {
  tag: TAG,
  summary: 'Cancel message',
  description: `Calls back a message that has not left: one that is scheduled (\`send_at\`), waits for its turn, or waits to be tried again. What this answers as cancelled never goes out.

Too late is answered with 409 \`MESSAGE_NOT_CANCELLABLE\`, and \`details.status\` says what became of the message; \`sending\` means that it is on its way. A message that was cancelled before is answered like the first time.`,
};
