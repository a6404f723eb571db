import { ApiProperty } from '@nestjs/swagger';
import { IdList } from '../../contacts/dto/ids.js';

/** Body of adding and removing contacts. */
export class GroupContactsDto {
  @IdList('Ids of contacts.')
  contact_ids: number[];
}

export class ContactsAddedDto {
  @ApiProperty({ type: 'integer', example: 4 })
  group_id: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'Those that were not in the group before.' })
  contacts_added: number;
}

export class ContactsRemovedDto {
  @ApiProperty({ type: 'integer', example: 4 })
  group_id: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'Those that were in the group.' })
  contacts_removed: number;
}
