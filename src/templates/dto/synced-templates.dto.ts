import { ApiProperty } from '@nestjs/swagger';

/** `data` of `POST /templates/sync`. */
export class SyncedTemplatesDto {
  @ApiProperty({ type: 'integer', example: 12, description: 'Templates that WhatsApp has.' })
  synced: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'New ones among them.' })
  created: number;

  @ApiProperty({ type: 'integer', example: 2, description: 'Those that had changed.' })
  updated: number;

  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'Those that WhatsApp has no more: now `DELETED`, and kept.',
  })
  removed: number;
}
