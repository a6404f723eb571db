import { ApiProperty } from '@nestjs/swagger';
import { NamedRecordDto } from '../../contacts/named-records/named-record.dto.js';

/** A stage of contacts. */
export class StatusDto extends NamedRecordDto {
  @ApiProperty({ type: String, nullable: true, example: '#1F9D55', description: 'In which it is shown; null: none.' })
  color: string | null;
}
