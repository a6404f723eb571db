import { apiError, type EndpointDescription, type PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { CONTACT_LIST } from './contact-list.js';
import { ContactDto } from './dto/contact.dto.js';

const TAG = 'Contacts';

/** `{id}` of a contact. */
export const CONTACT_ID: PathParameter = {
  name: 'id',
  description: 'Id of the contact: `contact_id` of its messages.',
  schema: { type: 'integer' },
  example: 12,
};

/** What is wrong with a contact. */
export const CONTACT_FAULTS = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, names a record that you do not have, or holds a phone or e-mail that another contact has.',
  details: { phone: ['Another contact has this phone already.'], source_id: ['There is no such source.'] },
});

/** The page "List contacts". */
export const LIST_CONTACTS: ListEndpointDescription = {
  tag: TAG,
  summary: 'List contacts',
  description:
    'Your contacts, the newest first. How to page, sort, search, include and filter stands on the page "Lists".',
  spec: CONTACT_LIST,
  item: ContactDto,
  message: 'Contacts retrieved successfully',
};

/** The page "Create contact". */
export const CREATE_CONTACT: EndpointDescription = {
  tag: TAG,
  summary: 'Create contact',
  description:
    'A new contact. No two may have the same phone or e-mail. Someone who had opted out before the contact was deleted is opted out again.',
};

/** The page "Get contact". */
export const GET_CONTACT: EndpointDescription = { tag: TAG, summary: 'Get contact', description: 'One contact.' };

/** The page "Update contact". */
export const UPDATE_CONTACT: EndpointDescription = {
  tag: TAG,
  summary: 'Update contact',
  description:
    'Changes the fields that are given, by the rules of create. null empties a field that may be empty; `groups` replaces all memberships.',
};

const ERASED =
  'What has not left for them is cancelled, personal data is erased, also from their messages, which stay with their times and states. Only a keyed hash remains of the phone of one who had opted out.';

/** The page "Delete contact". */
export const DELETE_CONTACT: EndpointDescription = {
  tag: TAG,
  summary: 'Delete contact',
  description: `Deletes a contact for good. ${ERASED}`,
};

/** The page "Create contacts (batch)". */
export const CREATE_BATCH: EndpointDescription = {
  tag: TAG,
  summary: 'Create contacts (batch)',
  description:
    'Creates up to 1,000 contacts in one transaction; each by the rules of a single create. A wrong member is told in `errors` and costs only itself, unless `options.continue_on_error` is `false`: then nothing is created, and the answer is a 422 that names it as `contacts.3.phone`. When the plan has room for some, the first ones are created; when for none, the answer is 403.',
};

/** The page "Delete contacts (batch)". */
export const DELETE_BATCH: EndpointDescription = {
  tag: TAG,
  summary: 'Delete contacts (batch)',
  description: `Deletes up to 1,000 contacts for good, in one transaction. The body is JSON, on a DELETE. Ids that are no contacts of yours count as failed. ${ERASED}`,
};

/** The page "Opt out". */
export const OPT_OUT: EndpointDescription = {
  tag: TAG,
  summary: 'Opt contact out',
  description:
    'The contact receives nothing any more: every send to it is answered with 403 `CONTACT_OPTED_OUT`, and what waits for it fails with that reason. A message that is being handed to WhatsApp at this very moment may still arrive; it is then shown as sent, never as failed. Calling it again changes nothing.',
};

/** The page "Opt in". */
export const OPT_IN: EndpointDescription = {
  tag: TAG,
  summary: 'Opt contact in',
  description:
    'The contact receives messages again. What failed meanwhile stays failed. Do it only when the contact has agreed; calling it again changes nothing.',
};
