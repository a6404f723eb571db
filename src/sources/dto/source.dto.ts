import { NamedRecordDto } from '../../contacts/named-records/named-record.dto.js';

/** Where a contact came from. */
export class SourceDto extends NamedRecordDto {}
