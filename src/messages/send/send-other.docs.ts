import { SendContactsDto } from '../dto/send-contacts.dto.js';
import { SendLocationDto } from '../dto/send-location.dto.js';
import { SendReactionDto } from '../dto/send-reaction.dto.js';
import { SentContactsDto } from '../dto/sent-contacts.dto.js';
import { SentLocationDto } from '../dto/sent-location.dto.js';
import { SentReactionDto } from '../dto/sent-reaction.dto.js';
import { fieldBodies, PARAGRAPHS, type SendEndpointDescription } from './send-endpoint.js';

/** The page "Send location". */
export const SEND_LOCATION: SendEndpointDescription = {
  tag: 'Messages',
  summary: 'Send location',
  description: `Sends a point on the map, which opens in the recipient's map application. \`name\` and \`address\` are shown below it.

${PARAGRAPHS.window}

${PARAGRAPHS.answer}`,
  subject: 'Location',
  bodies: fieldBodies(SendLocationDto, {
    phone: '201000000000',
    latitude: 30.0444,
    longitude: 31.2357,
    name: 'Our shop',
    address: '6 Tahrir Square, Cairo',
  }),
  answer: SentLocationDto,
};

/** The page "Send contact cards". */
export const SEND_CONTACTS: SendEndpointDescription = {
  tag: 'Messages',
  summary: 'Send contact cards',
  description: `Sends up to 257 contact cards, in WhatsApp's own form. Of a card only \`name.formatted_name\` is required. A phone with a \`wa_id\` offers to write to it; one without offers to invite it. \`contacts\` are the cards; \`contact\` describes the recipient, as in every send.

${PARAGRAPHS.window}

${PARAGRAPHS.answer}`,
  subject: 'Contact cards',
  bodies: fieldBodies(SendContactsDto, {
    phone: '201000000000',
    contacts: [
      {
        name: { formatted_name: 'Mona Ali', first_name: 'Mona', last_name: 'Ali' },
        phones: [{ phone: '+20 100 000 0001', type: 'WORK', wa_id: '201000000001' }],
      },
    ],
  }),
  answer: SentContactsDto,
};

/** The page "Send reaction". */
export const SEND_REACTION: SendEndpointDescription = {
  tag: 'Messages',
  summary: 'Send reaction',
  description: `Puts an emoji on a message of the chat, the customer's or yours; an empty \`emoji\` takes it back. The message may be 30 days old at most and no reaction itself. \`phone\`, \`contact_id\` and \`from\` may be left out: the message tells all three.

WhatsApp reports of a reaction only that it was \`sent\`.

${PARAGRAPHS.window}

${PARAGRAPHS.answer}`,
  subject: 'Reaction',
  bodies: fieldBodies(SendReactionDto, {
    message_id: 'wamid.HBgMMjAxMDAwMDAwMDAwFQIAEhgUM0EwRjQ2',
    emoji: '👍',
  }),
  answer: SentReactionDto,
};
