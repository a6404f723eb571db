import { applyDecorators } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { EndpointDescription } from '../../platform/http/openapi/api-endpoint.js';

const TAG = 'Contacts';

/** The page "Export contacts". */
export const EXPORT_CONTACTS: EndpointDescription = {
  tag: TAG,
  summary: 'Export contacts',
  description:
    'All your contacts as a CSV file (UTF-8 with byte order mark), by id; the columns are those that an import reads, and a few more. Ids of groups are separated by `|`. A cell that a spreadsheet would take for a formula begins with an apostrophe, which an import takes off. The file is made while it is sent: a connection that breaks before its end leaves it incomplete.',
};

/** The page "Export contact". */
export const EXPORT_CONTACT: EndpointDescription = {
  tag: TAG,
  summary: 'Export contact',
  description:
    "All that is stored of one person, to answer a request under data-protection law: the contact, its opt-outs, chats, messages with the addresses of their files (a customer's file: good for 15 minutes), and who changed the contact. What is kept for hours or days only is not in it: raw webhooks (for repair), answers kept for an `Idempotency-Key`, and counts for WhatsApp's limits.",
};

/** An answer that is a CSV file. */
export const ApiCsvFile = (description: string, example: string): MethodDecorator =>
  applyDecorators(ApiOkResponse({ description, content: { 'text/csv': { schema: { type: 'string' }, example } } }));
