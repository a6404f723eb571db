import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsOptional, IsString, IsUrl, MaxLength, ValidateIf } from 'class-validator';
import { MEDIA_TYPES, type MediaType } from '../../media/media-types.js';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { IsPhone } from '../../platform/phone/is-phone.js';
import { emptyAsAbsent } from './form-values.js';
import { MaxMergedCodePoints } from './max-merged-code-points.js';
import { SendDto } from './send.dto.js';

/** Longest caption, in code points, after merge fields are filled in (Cloud API: image, video and document). */
export const MAX_CAPTION = 1024;

/** Body of `POST /messages/media`; the file itself comes beside it, in `media_file`. */
export class SendMediaDto extends SendDto {
  @ApiPropertyOptional({
    type: String,
    maxLength: 20,
    example: '201000000000',
    description:
      'Recipient: country code and number, digits with optional `+`, `-`, spaces and parentheses; at most 20 characters and 15 digits. May be left out when `contact_id` is given.',
  })
  @Transform(emptyAsAbsent)
  @ValidateIf((dto: SendMediaDto) => dto.phone !== undefined || dto.contact_id === undefined)
  @IsPhone({ maxDigits: 15 })
  override phone?: string = undefined;

  @ApiProperty({
    enum: MEDIA_TYPES,
    example: 'image',
    description: 'What the file is; decides formats and size limit.',
  })
  @IsIn(MEDIA_TYPES)
  media_type: MediaType;

  @ApiPropertyOptional({
    type: String,
    format: 'uri',
    maxLength: 2048,
    example: 'https://example.com/photo.jpg',
    description: 'Public http(s) address of the file, which is downloaded and re-hosted. Either this or `media_file`.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false, allow_underscores: true })
  @MaxLength(2048)
  media_url?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: MAX_CAPTION,
    example: 'Your order, @{contact_first_name}',
    description: 'Text below the media; may hold merge fields. Not for audio.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxMergedCodePoints(MAX_CAPTION)
  caption?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: 255,
    example: 'invoice.pdf',
    description: 'Name that the recipient sees; for documents.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(255)
  filename?: string;
}
