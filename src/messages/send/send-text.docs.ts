import { SendTextDto } from '../dto/send-text.dto.js';
import { SentTextDto } from '../dto/sent-text.dto.js';
import { fieldBodies, PARAGRAPHS, type SendEndpointDescription } from './send-endpoint.js';

/** The page "Send text message". */
export const SEND_TEXT: SendEndpointDescription = {
  tag: 'Messages',
  summary: 'Send text message',
  description: `Sends words through WhatsApp, up to 4096 characters.

${PARAGRAPHS.window}

**Merge fields.** In \`message\`, \`@{contact_first_name}\`, \`@{contact_last_name}\`, \`@{contact_email}\` and \`@{contact_phone}\` are replaced by the contact's data. An empty field becomes an empty text; what is not one of the four stays as it is. The limit holds for the result, which must not be blank.

${PARAGRAPHS.contacts}

**Answering.** \`reply_to\` quotes an earlier message of the same chat.

${PARAGRAPHS.answer}`,
  subject: 'Text message',
  bodies: fieldBodies(SendTextDto, {
    phone: '201000000000',
    message: 'Hi @{contact_first_name}, your order is on its way.',
  }),
  answer: SentTextDto,
};
