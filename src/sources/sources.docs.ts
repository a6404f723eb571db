import { apiError, type EndpointDescription, type PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { SourceDto } from './dto/source.dto.js';
import { SOURCE_LIST } from './sources.service.js';

const TAG = 'Sources';

/** `{id}` of a source. */
export const SOURCE_ID: PathParameter = {
  name: 'id',
  description: 'Id of the source: `source_id` of contacts.',
  schema: { type: 'integer' },
  example: 3,
};

/** Wrong input of create and update. */
export const NAME_IN_USE = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, or another source has this name.',
  details: { name: ['Another source has this name already.'] },
});

/** Why a source is not deleted. */
export const SOURCE_IN_USE = apiError('RESOURCE_IN_USE', {
  when: 'Contacts have this source, or new contacts get it by default.',
  message: 'Contacts use this source, so it cannot be deleted',
});

/** The page "List sources". */
export const LIST_SOURCES: ListEndpointDescription = {
  tag: TAG,
  summary: 'List sources',
  description: 'Your sources, by name.',
  spec: SOURCE_LIST,
  item: SourceDto,
  message: 'Sources retrieved successfully',
};

/** The page "Get source". */
export const GET_SOURCE: EndpointDescription = { tag: TAG, summary: 'Get source', description: 'One source.' };

/** The page "Create source". */
export const CREATE_SOURCE: EndpointDescription = {
  tag: TAG,
  summary: 'Create source',
  description: 'A new source. No two may have the same name; upper and lower case make no difference.',
};

/** The page "Update source". */
export const UPDATE_SOURCE: EndpointDescription = {
  tag: TAG,
  summary: 'Update source',
  description: 'Renames a source; `name` is required.',
};

/** The page "Delete source". */
export const DELETE_SOURCE: EndpointDescription = {
  tag: TAG,
  summary: 'Delete source',
  description:
    'Deletes a source that no contact has. While contacts have it, or new contacts get it by default, the answer is 409 `RESOURCE_IN_USE`.',
};
