import { presentContact, type ContactRow } from '../../../contacts/contact.repository.js';
import { presentNamed } from '../../../contacts/named-records/named-record.dto.js';
import type { MediaLinks } from '../../../media/media-links.js';
import { presentMessage } from '../../../messages/present-message.js';
import { presentStatus } from '../../../statuses/present-status.js';
import { presentTemplate } from '../../../templates/present-template.js';
import type { ResourceType } from '../event-types.js';
import type { Attributes } from '../record-event.js';
import type { Relationships } from './event-payload.js';
import { Facts } from './facts.js';
import { contactOf, messageOf, namedOf, statusOf, templateOf } from './records.js';
import type { Surroundings } from './surroundings.js';

/** How an event shows one side of a change, by the kind of resource; attributes are those of the REST API. */
export interface Shown {
  readonly attributes: Attributes;
  readonly relationships: Relationships;
}

type Show = (written: unknown, tenantId: number, around: Surroundings, links: MediaLinks) => Shown;

const NO_RELATIONSHIPS: Relationships = {};

const fields = (record: object): Attributes => ({ ...record });

/** The contact's own order is the documented one. */
function contactAttributes(row: ContactRow): Attributes {
  const { id, firstname, lastname, company, type, description, country_id, zip, city, state, address, ...others } =
    presentContact(row);
  return { id, firstname, lastname, company, type, description, country_id, zip, city, state, address, ...others };
}

const SHOW: Readonly<Record<ResourceType, Show>> = {
  contact: (written, tenantId, around) => {
    const row = contactOf(new Facts(written));
    const one = (kind: 'source' | 'status' | 'staff', id: number | null) =>
      id === null ? null : around.named(kind, tenantId, id);
    return {
      attributes: contactAttributes(row),
      relationships: {
        status: one('status', row.status_id),
        source: one('source', row.source_id),
        assigned: one('staff', row.assigned_id),
        groups: row.group_id.flatMap((id) => around.named('group', tenantId, id) ?? []),
      },
    };
  },
  source: (written) => ({
    attributes: fields(presentNamed(namedOf(new Facts(written)))),
    relationships: NO_RELATIONSHIPS,
  }),
  status: (written) => ({
    attributes: fields(presentStatus(statusOf(new Facts(written)))),
    relationships: NO_RELATIONSHIPS,
  }),
  template: (written) => ({
    attributes: fields(presentTemplate(templateOf(new Facts(written)))),
    relationships: NO_RELATIONSHIPS,
  }),
  message: (written, tenantId, around, links) => {
    const facts = new Facts(written);
    const row = messageOf(facts, around.ofMessage(tenantId, facts.integer('id')));
    return {
      attributes: fields(presentMessage(row, links)),
      relationships: {
        contact: row.contact_id === null ? null : around.named('contact', tenantId, row.contact_id),
        chat: { id: row.chat_id },
        number: { phone_number_id: row.phone_number_id, display_phone_number: row.display_phone_number },
      },
    };
  },
  // Written by `recordEvent`, as they are shown.
  otp: shownAsWritten,
  webhook: shownAsWritten,
};

function shownAsWritten(written: unknown): Shown {
  return { attributes: new Facts(written).all(), relationships: NO_RELATIONSHIPS };
}

/**
 * One side of a change of such a resource.
 * @throws UnreadableFactsError
 */
export const showResource = (
  type: ResourceType,
  written: unknown,
  tenantId: number,
  around: Surroundings,
  links: MediaLinks,
): Shown => SHOW[type](written, tenantId, around, links);
