import { apiError, type EndpointDescription, type PathParameter } from '../../platform/http/openapi/api-endpoint.js';
import { IMPORT_COLUMNS } from './import-file.js';

const TAG = 'Contacts';

/** `{id}` of an import. */
export const IMPORT_ID: PathParameter = {
  name: 'id',
  description: 'Id of the import.',
  schema: { type: 'integer' },
  example: 7,
};

/** The page "Import contacts". */
export const IMPORT_CONTACTS: EndpointDescription = {
  tag: TAG,
  summary: 'Import contacts',
  description: `Takes a CSV file in, and creates its contacts in the background. The first line names the columns: ${IMPORT_COLUMNS.map((name) => `\`${name}\``).join(', ')}; others are passed over, \`phone\` must be there. Each row follows the rules of a single create; \`type\` is \`lead\` where a row has none, and ids of groups are separated by \`|\`. The separator may be a comma, a semicolon or a tab; the text is UTF-8, or UTF-16 with a byte order mark. At most 100,000 rows, unless the operator allows others. A wrong row costs only itself; a file that is no CSV creates nothing. The imports of an account run one after the other; while ten run or wait, one more is answered with 429 \`RATE_LIMIT_EXCEEDED\`.`,
};

/** What is wrong with an import. */
export const IMPORT_FAULTS = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, or the file as a whole cannot be read.',
  details: { file: ['The header names the column phone twice.'], source_id: ['There is no such source.'] },
});

/** The page "Get import". */
export const GET_IMPORT: EndpointDescription = {
  tag: TAG,
  summary: 'Get import',
  description:
    'How far an import is. `done` rows are `created`, `skipped` or `failed`; they never count twice, also when a server stops on the way. An import can be asked for during 30 days after its end.',
};

/** The page "Get import errors". */
export const GET_IMPORT_ERRORS: EndpointDescription = {
  tag: TAG,
  summary: 'Get import errors',
  description:
    'What was wrong with rows so far, as a CSV file: one line for each thing that was wrong, up to twenty for a row. `row` counts from 1 without the header; `line` is the line of the file on which the row ends; `code` is `VALIDATION_ERROR`, or `FEATURE_LIMIT_EXCEEDED` for what the plan had no room for.',
};
