import { ApiPropertyOptional } from '@nestjs/swagger';
import { SendMediaDto } from './send-media.dto.js';

/** The form as the API reference shows it: the fields, and the file beside them. */
export class SendMediaFormDto extends SendMediaDto {
  @ApiPropertyOptional({
    type: 'string',
    format: 'binary',
    example: 'photo.jpg',
    description: 'The file. Either this or `media_url`.',
  })
  media_file?: unknown;
}
