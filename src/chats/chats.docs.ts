import { MessageDto } from '../messages/dto/message.dto.js';
import { MESSAGE_LIST } from '../messages/list/message-list.js';
import type { EndpointDescription, PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { CHAT_LIST } from './chat-list.js';
import { ChatDto } from './dto/chat.dto.js';

const TAG = 'Chats';

/** `{id}` of a chat. */
export const CHAT_ID: PathParameter = {
  name: 'id',
  description: 'Id of the chat: `chat_id` of its messages.',
  schema: { type: 'integer' },
  example: 7,
};

/** The page "List chats". */
export const LIST_CHATS: ListEndpointDescription = {
  tag: TAG,
  summary: 'List chats',
  description:
    'Your chats, the last active first, each with its contact, its newest message, how many messages wait to be read, and its service window. How to page, sort, search and filter stands on the page "Lists".',
  spec: CHAT_LIST,
  item: ChatDto,
  message: 'Chats retrieved successfully',
};

/** The page "Get chat". */
export const GET_CHAT: EndpointDescription = { tag: TAG, summary: 'Get chat', description: 'One chat.' };

/** The page "List messages of a chat". */
export const LIST_CHAT_MESSAGES: ListEndpointDescription = {
  tag: TAG,
  summary: 'List messages of a chat',
  description: 'What was sent and received in one chat, newest first: the items of `GET /api/v2/messages`.',
  spec: MESSAGE_LIST,
  item: MessageDto,
  message: 'Messages retrieved successfully',
};

/** The page "Mark chat as read". */
export const MARK_CHAT_READ: EndpointDescription = {
  tag: TAG,
  summary: 'Mark chat as read',
  description:
    'Everything the contact wrote in this chat becomes read: `unread_count` is 0, and the contact sees the blue ticks as soon as WhatsApp was told, usually within a second. When WhatsApp is away it is told later, for up to a day. A message that arrives at the same moment stays unread. Calling it again changes nothing.',
};
