import { ContactCardDto } from './contact-card.dto.js';
import { RequiredList } from './object-list.js';
import { SendDto } from './send.dto.js';

/** Most cards in one message (Cloud API, contacts messages). */
export const MAX_CARDS = 257;

/** Body of `POST /messages/contacts`. Not to be mixed up with `contact`, which describes the recipient. */
export class SendContactsDto extends SendDto {
  @RequiredList({ of: () => ContactCardDto, min: 1, max: MAX_CARDS, description: 'The cards to send.' })
  contacts: ContactCardDto[];
}
