import { Injectable } from '@nestjs/common';
import type { ContactCardDto } from '../dto/contact-card.dto.js';
import type { SendContactsDto } from '../dto/send-contacts.dto.js';
import type { SentContactsDto } from '../dto/sent-contacts.dto.js';
import { type SendContext, SendService } from './send.service.js';

/** Sends contact cards. */
@Injectable()
export class SendContactsService {
  constructor(private readonly sends: SendService) {}

  /** @throws ApiError as {@link SendService.send} */
  async send(dto: SendContactsDto, context: SendContext): Promise<SentContactsDto> {
    const names = dto.contacts.map(({ name }) => name.formatted_name);
    return this.sends.send(
      dto,
      {
        type: 'contacts',
        text: names.join('\n'),
        textField: 'contacts',
        textLimit: Infinity,
        textVerbatim: true,
        content: { contacts: dto.contacts.map(cardOf) },
      },
      context,
      (sent) => ({ ...sent, contacts: names }),
    );
  }
}

/** The fields of a card that WhatsApp knows; nothing else of the body is stored. */
function cardOf({ name, phones, emails, urls, addresses, org, birthday }: ContactCardDto): Record<string, unknown> {
  const { formatted_name, first_name, last_name, middle_name, prefix, suffix } = name;
  return {
    name: { formatted_name, first_name, last_name, middle_name, prefix, suffix },
    phones: phones?.map(({ phone, type, wa_id }) => ({ phone, type, wa_id })),
    emails: emails?.map(({ email, type }) => ({ email, type })),
    urls: urls?.map(({ url, type }) => ({ url, type })),
    addresses: addresses?.map(({ street, city, state, zip, country, country_code, type }) => ({
      street,
      city,
      state,
      zip,
      country,
      country_code,
      type,
    })),
    org: org && { company: org.company, department: org.department, title: org.title },
    birthday,
  };
}
