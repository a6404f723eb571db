import { apiError, type EndpointDescription, type PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { StatusDto } from './dto/status.dto.js';
import { STATUS_LIST } from './statuses.service.js';

const TAG = 'Statuses';

/** `{id}` of a status. */
export const STATUS_ID: PathParameter = {
  name: 'id',
  description: 'Id of the status: `status_id` of contacts.',
  schema: { type: 'integer' },
  example: 3,
};

/** Wrong input of create and update. */
export const NAME_IN_USE = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, or another status has this name.',
  details: { name: ['Another status has this name already.'] },
});

/** Why a status is not deleted. */
export const STATUS_IN_USE = apiError('RESOURCE_IN_USE', {
  when: 'Contacts have this status, or new contacts get it by default.',
  message: 'Contacts use this status, so it cannot be deleted',
});

/** The page "List statuses". */
export const LIST_STATUSES: ListEndpointDescription = {
  tag: TAG,
  summary: 'List statuses',
  description: 'Your statuses, by name.',
  spec: STATUS_LIST,
  item: StatusDto,
  message: 'Statuses retrieved successfully',
};

/** The page "Get status". */
export const GET_STATUS: EndpointDescription = { tag: TAG, summary: 'Get status', description: 'One status.' };

/** The page "Create status". */
export const CREATE_STATUS: EndpointDescription = {
  tag: TAG,
  summary: 'Create status',
  description: 'A new status. No two may have the same name; upper and lower case make no difference.',
};

/** The page "Update status". */
export const UPDATE_STATUS: EndpointDescription = {
  tag: TAG,
  summary: 'Update status',
  description: 'Renames a status; `name` is required. `color` stays as it is when it is left out; null takes it away.',
};

/** The page "Delete status". */
export const DELETE_STATUS: EndpointDescription = {
  tag: TAG,
  summary: 'Delete status',
  description:
    'Deletes a status that no contact has. While contacts have it, or new contacts get it by default, the answer is 409 `RESOURCE_IN_USE`.',
};
