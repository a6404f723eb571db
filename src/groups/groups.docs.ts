import { apiError, type EndpointDescription, type PathParameter } from '../platform/http/openapi/api-endpoint.js';
import type { ListEndpointDescription } from '../platform/pagination/api-list-endpoint.js';
import { GroupDto } from './dto/group.dto.js';
import { GROUP_LIST } from './groups.service.js';

const TAG = 'Groups';

/** `{id}` of a group. */
export const GROUP_ID: PathParameter = {
  name: 'id',
  description: 'Id of the group: a member of `group_id` of contacts.',
  schema: { type: 'integer' },
  example: 4,
};

/** Wrong input of create and update. */
export const NAME_IN_USE = apiError('VALIDATION_ERROR', {
  when: 'A field is wrong, or another group has this name.',
  details: { name: ['Another group has this name already.'] },
});

/** The page "List groups". */
export const LIST_GROUPS: ListEndpointDescription = {
  tag: TAG,
  summary: 'List groups',
  description: 'Your groups, by name.',
  spec: GROUP_LIST,
  item: GroupDto,
  message: 'Groups retrieved successfully',
};

/** The page "Get group". */
export const GET_GROUP: EndpointDescription = { tag: TAG, summary: 'Get group', description: 'One group.' };

/** The page "Create group". */
export const CREATE_GROUP: EndpointDescription = {
  tag: TAG,
  summary: 'Create group',
  description: 'A new group. No two may have the same name; upper and lower case make no difference.',
};

/** The page "Update group". */
export const UPDATE_GROUP: EndpointDescription = {
  tag: TAG,
  summary: 'Update group',
  description: 'Renames a group; `name` is required.',
};

/** The page "Delete group". */
export const DELETE_GROUP: EndpointDescription = {
  tag: TAG,
  summary: 'Delete group',
  description: 'Deletes a group and takes its id from its members, who stay. For a large group it takes a while.',
};

/** Wrong ids when contacts are added. */
export const UNKNOWN_CONTACTS = apiError('VALIDATION_ERROR', {
  when: 'The list is wrong, or an id is no contact of yours; its place is named.',
  details: { 'contact_ids.2': ['There is no such contact.'] },
});

/** The page "Add contacts to group". */
export const ADD_CONTACTS: EndpointDescription = {
  tag: TAG,
  summary: 'Add contacts to group',
  description: 'Adds up to 1,000 contacts. Those that are in the group already stay, and are not counted.',
};

/** The page "Remove contacts from group". */
export const REMOVE_CONTACTS: EndpointDescription = {
  tag: TAG,
  summary: 'Remove contacts from group',
  description:
    'Takes up to 1,000 contacts out. The body is JSON, on a DELETE. Those that are not in the group, and ids that are no contacts of yours, are not counted.',
};
