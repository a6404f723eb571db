import { parsePhone } from '../platform/phone/phone.js';
import {
  EQUALITY,
  type ListSource,
  type ListSpec,
  type Operator,
  RANGE,
  TEXTUAL,
} from '../platform/pagination/list-spec.js';
import { CONTACT_INCLUDES, CONTACT_TYPES } from './dto/contact.dto.js';

const OPTIONAL: readonly Operator[] = [...EQUALITY, 'null'];
const OPTIONAL_TEXT: readonly Operator[] = [...TEXTUAL, 'null'];

const reference = (column: string, description: string) =>
  ({ type: 'integer', sql: `c.${column}`, operators: OPTIONAL, description, example: '3' }) as const;

/** The digits of a number however it is written; what is no number finds nothing. */
function digitsOf(written: string): string {
  const phone = parsePhone(written.trim());
  return 'digits' in phone ? phone.digits : written;
}

const SORTABLE = {
  id: { type: 'integer', sql: 'c.id' },
  firstname: { type: 'text', sql: 'lower(c.firstname)' },
  lastname: { type: 'text', sql: 'lower(c.lastname)' },
  created_at: { type: 'timestamp', sql: 'c.created_at' },
  updated_at: { type: 'timestamp', sql: 'c.updated_at' },
} as const satisfies ListSource['sortable'];

/** Members of groups, in the usual order of contacts by group_members_created, by id by the primary key. */
const MEMBERS: ListSource = {
  from: 'group_members m',
  join: { alias: 'c', sql: 'JOIN contacts c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id' },
  tenant: 'm.tenant_id',
  id: 'm.contact_id',
  sortable: {
    ...SORTABLE,
    id: { type: 'integer', sql: 'm.contact_id' },
    created_at: { type: 'timestamp', sql: 'm.created_at' },
  },
};

/** Phones begin with a country code: what many digits begin with, the phones of nearly all have. */
const withoutBeginning = (text: string): string => (/^\d{6,}$/.test(text) ? text.slice(2) : text);

/** Texts stand in `search_text`, which has an index of trigrams: `like` looks there first. */
const HOLDER = 'c.search_text';

/**
 * `GET /contacts`, the newest first. Every sort has its index (contacts_tenant_…), and every documented filter one in the usual
 * order; a search takes contacts_search or walks in order, whichever the planner's statistics promise to be shorter.
 */
export const CONTACT_LIST: ListSpec = {
  name: 'contacts',
  source: {
    from: 'contacts c',
    tenant: 'c.tenant_id',
    id: 'c.id',
    sortable: SORTABLE,
  },
  defaultSort: '-created_at',
  trigramTable: 'contacts',
  search: {
    description:
      'Contacts whose first name, last name, both with a space between them, e-mail, phone or company holds this, whatever its case. Three letters or more are fast.',
    columns: [HOLDER],
    indexed: true,
    nearRows: 3000,
    distinctive: withoutBeginning,
  },
  filterable: {
    id: { type: 'integer', sql: 'c.id', operators: EQUALITY, description: 'Id of the contact.', example: '12' },
    type: {
      type: 'text',
      sql: 'c.type',
      operators: EQUALITY,
      values: CONTACT_TYPES,
      description: 'What the contact is to you.',
      example: 'lead',
    },
    status_id: reference('status_id', 'Contacts with one of your statuses.'),
    source_id: reference('source_id', 'Contacts from one of your sources.'),
    assigned_id: reference('assigned_id', 'Contacts that a member of your staff looks after.'),
    group_id: {
      type: 'integers',
      sql: 'c.group_id',
      members: { source: MEMBERS, value: 'm.group_id' },
      operators: OPTIONAL,
      description: 'Members of one of your groups, or with `in` of one of several.',
      example: '4',
    },
    is_opted_out: {
      type: 'boolean',
      sql: 'c.is_opted_out',
      operators: ['eq', 'ne'],
      description: 'Contacts who want no messages, or (`false`) who receive them.',
      example: 'true',
    },
    phone: {
      type: 'text',
      sql: 'c.phone',
      operators: OPTIONAL_TEXT,
      normalise: digitsOf,
      holder: HOLDER,
      description: 'The phone, however it is written; with `like` a part of its digits.',
      example: '201000000000',
    },
    email: {
      type: 'text',
      sql: 'lower(c.email)',
      operators: OPTIONAL_TEXT,
      normalise: (text) => text.toLowerCase(),
      holder: HOLDER,
      description: 'The e-mail, whatever its case.',
      example: 'mona@example.com',
    },
    firstname: {
      type: 'text',
      sql: 'lower(c.firstname)',
      operators: TEXTUAL,
      normalise: (text) => text.toLowerCase(),
      holder: HOLDER,
      description: 'The first name, whatever its case.',
      example: 'Mona',
    },
    lastname: {
      type: 'text',
      sql: 'lower(c.lastname)',
      operators: TEXTUAL,
      normalise: (text) => text.toLowerCase(),
      holder: HOLDER,
      description: 'The last name, whatever its case.',
      example: 'Ali',
    },
    company: {
      type: 'text',
      sql: 'c.company',
      operators: OPTIONAL_TEXT,
      holder: HOLDER,
      description: 'The company as it is written; with `like` a part of it, whatever its case.',
      example: 'Little Shop',
    },
    created_at: {
      type: 'timestamp',
      sql: 'c.created_at',
      operators: RANGE,
      description: 'When it was created. A date means its whole day (UTC), a time its whole second.',
      example: '2026-01-01',
    },
    updated_at: {
      type: 'timestamp',
      sql: 'c.updated_at',
      neverBefore: 'c.created_at',
      operators: RANGE,
      description: 'When it was last changed, likewise.',
      example: '2026-01-01',
    },
  },
  fields: [
    'id',
    'firstname',
    'lastname',
    'company',
    'type',
    'email',
    'phone',
    'status_id',
    'source_id',
    'description',
    'city',
    'state',
    'zip',
    'address',
    'country_id',
    'assigned_id',
    'group_id',
    'is_opted_out',
    'created_at',
    'updated_at',
  ],
  includes: CONTACT_INCLUDES,
};
