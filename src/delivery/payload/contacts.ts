import type { ContactCard } from '../../whatsapp/client/payloads.js';
import type { PayloadBuilder } from './payload-builder.js';
import { StoredContent } from './stored-content.js';

/** `type: "contacts"`: contact cards. */
export const contacts: PayloadBuilder = ({ message }) => ({
  type: 'contacts',
  contacts: StoredContent.of(message).list('contacts').map(cardOf),
});

function cardOf(card: StoredContent): ContactCard {
  const name = card.object('name');
  const formatted = name.text('formatted_name');
  const parts = name.texts('first_name', 'last_name', 'middle_name', 'prefix', 'suffix');
  return {
    name: {
      formatted_name: formatted,
      // WhatsApp wants one more part beside the whole name.
      ...(Object.keys(parts).length > 0 ? parts : { first_name: formatted }),
    },
    ...(card.has('phones') && { phones: card.list('phones').map((phone) => phone.texts('phone', 'type', 'wa_id')) }),
    ...(card.has('emails') && { emails: card.list('emails').map((email) => email.texts('email', 'type')) }),
    ...(card.has('urls') && { urls: card.list('urls').map((url) => url.texts('url', 'type')) }),
    ...(card.has('addresses') && {
      addresses: card
        .list('addresses')
        .map((address) => address.texts('street', 'city', 'state', 'zip', 'country', 'country_code', 'type')),
    }),
    ...(card.has('org') && { org: card.object('org').texts('company', 'department', 'title') }),
    ...card.texts('birthday'),
  };
}
