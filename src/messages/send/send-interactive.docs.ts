import { SendInteractiveDto } from '../dto/send-interactive.dto.js';
import { SentInteractiveDto } from '../dto/sent-interactive.dto.js';
import { fieldBodies, PARAGRAPHS, type SendEndpointDescription } from './send-endpoint.js';

/** The page "Send interactive message". */
export const SEND_INTERACTIVE: SendEndpointDescription = {
  tag: 'Messages',
  summary: 'Send interactive message',
  description: `Sends a text with something to tap.

| \`type\` | offers | fields |
| --- | --- | --- |
| \`button\` | 1 to 3 reply buttons | \`buttons\`: \`id\` (256 characters), \`title\` (20); both unique |
| \`list\` | a list that a button opens | \`list_button_text\` (20); \`sections\` (1 to 10) with \`title\` (24) and \`rows\`: \`id\` (200, unique), \`title\` (24), \`description\` (72); at most 10 rows over all sections |
| \`cta_url\` | a button that opens a page | \`display_text\` (20), \`url\` |

All have \`body_text\` (1024), and may have \`header_text\` and \`footer_text\` (60 each). Fields of another type are ignored.

**What the customer taps** arrives as an inbound message of type \`interactive\`: its text is the title, and its \`ref_message_id\` names this message.

${PARAGRAPHS.window}

**Merge fields** are filled in in \`body_text\`, as in text messages; not in headers, footers, buttons and rows.

${PARAGRAPHS.contacts}

${PARAGRAPHS.answer}`,
  subject: 'Interactive message',
  bodies: fieldBodies(SendInteractiveDto, {
    phone: '201000000000',
    type: 'button',
    body_text: 'Hi @{contact_first_name}, shall we deliver today?',
    buttons: [
      { id: 'yes', title: 'Yes, please' },
      { id: 'no', title: 'Tomorrow' },
    ],
  }),
  answer: SentInteractiveDto,
};
