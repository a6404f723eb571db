import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy, ValidateIf } from 'class-validator';
import { IsPhone } from '../../platform/phone/is-phone.js';
import { emptyAsAbsent } from './form-values.js';
import { IsMessageReference } from './is-message-reference.js';
import { SendDto } from './send.dto.js';

/** A person with skin tone, sex and profession has up to 8 code points, the flag of a region 14. */
const MAX_EMOJI = 20;
const PICTURE = /\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\uFE0F?\u20E3/u;
const SIGNS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** One emoji, whatever it is made of. */
function isEmoji(text: string): boolean {
  return [...text].length <= MAX_EMOJI && [...SIGNS.segment(text)].length === 1 && PICTURE.test(text);
}

/** Body of `POST /messages/reaction`. */
export class SendReactionDto extends SendDto {
  @ApiPropertyOptional({
    type: String,
    maxLength: 20,
    example: '201000000000',
    description: 'Recipient, as in every send. May be left out: the message tells who it is.',
  })
  @Transform(emptyAsAbsent)
  @ValidateIf((dto: SendReactionDto) => dto.phone !== undefined)
  @IsPhone()
  override phone?: string = undefined;

  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'integer' }],
    example: 'wamid.HBgMMjAxMDAwMDAwMDAwFQIAEhgUM0EwRjQ2',
    description:
      'The message to react to: its `wamid` or our id. At most 30 days old, and not a reaction itself. One of the recipient’s messages or of yours.',
  })
  @IsMessageReference()
  message_id: string;

  @ApiProperty({ type: String, example: '👍', description: 'One emoji; empty takes an earlier reaction back.' })
  @ValidateBy({
    name: 'isEmoji',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && (value === '' || isEmoji(value)),
      defaultMessage: () => 'emoji must be one emoji, or empty',
    },
  })
  emoji: string;
}
