import type { EndpointDescription, RequestBodies } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { MessageDto } from './dto/message.dto.js';
import { SendMediaDto } from './dto/send-media.dto.js';
import { SendMediaFormDto } from './dto/send-media-form.dto.js';
import { MESSAGE_LIST } from './list/message-list.js';

const TAG = 'Messages';

/** Text of the page "Send media message". */
export const SEND_MEDIA: EndpointDescription = {
  tag: TAG,
  summary: 'Send media message',
  description: `Sends an image, a video, an audio file or a document through WhatsApp.

**24-hour service window.** Media are free-form messages: WhatsApp delivers them only within 24 hours of the customer's last message or call. After that, send an approved template. The answer says when the window ends (\`service_window_expires_at\`).

**Merge fields.** In \`caption\`, \`@{contact_first_name}\`, \`@{contact_last_name}\`, \`@{contact_email}\` and \`@{contact_phone}\` are replaced by the contact's data. An empty field becomes an empty text; what is not one of the four stays as it is.

**Contacts.** Without \`contact_id\`, the contact with this phone is used. When there is none, it is created as a lead with your account's default status, source and assignee (all three must be set), within your plan's contact limit.

**The file** comes as upload (\`media_file\`) or as public address (\`media_url\`), which is downloaded and re-hosted. Its name, declared type and content must fit \`media_type\`:

| \`media_type\` | formats | at most |
| --- | --- | --- |
| \`image\` | JPEG, PNG, WebP (converted to JPEG, or to PNG when it has transparency) | 5 MB |
| \`video\` | MP4, 3GPP | 16 MB |
| \`audio\` | MP3, AAC, AMR, OGG with Opus | 16 MB |
| \`document\` | PDF, DOC, DOCX, XLS, XLSX, PPT, PPTX, TXT, CSV | 100 MB |

**The answer** waits for WhatsApp's own for a few seconds (see \`Prefer\`). \`sent\`: WhatsApp took the message. \`queued\`: it is stored and will go out; follow it with \`GET /messages/{id}\`. A message that was answered with 200 is never lost.`,
};

const WITH_ADDRESS = {
  phone: '201000000000',
  media_type: 'image',
  media_url: 'https://example.com/photo.jpg',
  caption: 'Your order, @{contact_first_name}',
};

/** Body of "Send media message": a form with the file in it, or fields with its address. */
export const SEND_MEDIA_BODIES: RequestBodies = {
  'multipart/form-data': {
    dto: SendMediaFormDto,
    example: {
      phone: '201000000000',
      media_type: 'image',
      caption: 'Your order, @{contact_first_name}',
      media_file: 'photo.jpg',
    },
  },
  'application/json': { dto: SendMediaDto, example: WITH_ADDRESS },
  'application/x-www-form-urlencoded': { dto: SendMediaDto, example: WITH_ADDRESS },
};

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
