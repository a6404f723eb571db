import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min, ValidateIf, ValidateNested } from 'class-validator';
import { IsPhone } from '../../platform/phone/is-phone.js';
import { MAX_EXPIRES_IN_S, MIN_EXPIRES_IN_S } from '../../tenants/message-expiry.js';
import { ContactFieldsDto } from './contact-fields.dto.js';
import { emptyAsAbsent, integerText } from './form-values.js';
import { IsMessageReference } from './is-message-reference.js';
import { IsSendTime } from './send-times.js';

/** What the body of every send has, whatever it sends: who gets it, from which number, and what it answers. */
export class SendDto {
  @ApiPropertyOptional({
    type: String,
    maxLength: 20,
    example: '201000000000',
    description:
      'Recipient: country code and number, digits with optional `+`, `-`, spaces and parentheses; at most 20 characters. May be left out when `contact_id` is given.',
  })
  @Transform(emptyAsAbsent)
  @ValidateIf((dto: SendDto) => dto.phone !== undefined || dto.contact_id === undefined)
  @IsPhone()
  phone?: string;

  @ApiPropertyOptional({ type: 'integer', example: 12, description: 'An existing contact of yours.' })
  @Transform(integerText)
  @IsOptional()
  @IsInt()
  @Min(1)
  contact_id?: number;

  @ApiPropertyOptional({
    type: String,
    example: '106540352242922',
    description: 'WhatsApp phone number id to send from; default: your default number.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @Matches(/^\d{1,30}$/, { message: 'from must be a WhatsApp phone number id' })
  from?: string;

  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'integer' }],
    example: 'wamid.HBgMMjAxMDAwMDAwMDAwFQIAEhgUM0EwRjQ2',
    description:
      'The message that this one answers, which the recipient sees quoted: its `wamid` or our id. It must belong to the same chat, that is, to this recipient and the number you send from.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsMessageReference()
  reply_to?: string;

  @ApiPropertyOptional({
    type: () => ContactFieldsDto,
    description: 'For a contact that this send creates, as `contact[firstname]` or `contact.firstname` in a form.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => ContactFieldsDto)
  contact?: ContactFieldsDto;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    example: '2026-01-31T09:30:00+02:00',
    description:
      'Sends it then instead of at once: ISO 8601 with a time zone, at most 30 days ahead. The answer is `queued`, at once.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsSendTime()
  send_at?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: MIN_EXPIRES_IN_S,
    maximum: MAX_EXPIRES_IN_S,
    example: 3600,
    description:
      'What has not left after so many seconds, counted from `send_at` when it is given, does not leave any more and ends as `expired`. Default: the setting of your account, 86400 (24 hours) unless it was changed.',
  })
  @Transform(integerText)
  @IsOptional()
  @IsInt()
  @Min(MIN_EXPIRES_IN_S)
  @Max(MAX_EXPIRES_IN_S)
  expires_in?: number;
}
