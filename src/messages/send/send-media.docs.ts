import { SendMediaDto } from '../dto/send-media.dto.js';
import { SendMediaFormDto } from '../dto/send-media-form.dto.js';
import { SentMediaDto } from '../dto/sent-media.dto.js';
import type { SendEndpointDescription } from './send-endpoint.js';

const WITH_ADDRESS = {
  phone: '201000000000',
  media_type: 'image',
  media_url: 'https://example.com/photo.jpg',
  caption: 'Your order, @{contact_first_name}',
};

/** The page "Send media message"; its body is a form with the file in it, or fields with its address. */
export const SEND_MEDIA: SendEndpointDescription = {
  tag: 'Messages',
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
  subject: 'Media message',
  bodies: {
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
  },
  answer: SentMediaDto,
};
