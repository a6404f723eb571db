import { NamedRecordDto } from '../../contacts/named-records/named-record.dto.js';

/** A label that any number of contacts carry. */
export class GroupDto extends NamedRecordDto {}
