import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import { emptyAsAbsent, integerText } from '../../messages/dto/form-values.js';
import { MAX_TEMPLATE_NAME } from '../../messages/dto/send-template.dto.js';
import { SendDto } from '../../messages/dto/send.dto.js';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { IsPhone } from '../../platform/phone/is-phone.js';
import { MAX_FIELDS } from '../../templates/sending/given-values.js';
import { MAX_BODY } from '../../templates/sending/render-template.js';
import { DEFAULT_PURPOSE, EXPIRY_MINUTES, MAX_PURPOSE } from '../one-time-code.js';

/** Body variables that stand before those of the caller: the code and its minutes. */
export const OWN_FIELDS = 2;

/** Language of the template when the caller names none. */
export const DEFAULT_LANGUAGE = 'en';

/** Body of `POST /auth/resend`; all that a send of a code has, but for the code. */
export class ResendOtpDto extends PickType(SendDto, ['contact_id', 'from', 'reply_to', 'contact']) {
  @ApiProperty({
    type: String,
    maxLength: 20,
    example: '201000000000',
    description:
      'Recipient: country code and number, digits with optional `+`, `-`, spaces and parentheses; at most 20 characters.',
  })
  @IsPhone()
  phone: string;

  @ApiProperty({
    type: String,
    maxLength: MAX_TEMPLATE_NAME,
    example: 'verification_code',
    description: 'An approved template of the category `AUTHENTICATION`; see "List authentication templates".',
  })
  @IsString()
  @IsNotEmpty()
  @MaxCodePoints(MAX_TEMPLATE_NAME)
  template_name: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: 10,
    default: DEFAULT_LANGUAGE,
    example: 'en_US',
    description: 'Language code of the template.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(10)
  language?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: EXPIRY_MINUTES.least,
    maximum: EXPIRY_MINUTES.most,
    default: EXPIRY_MINUTES.usual,
    example: EXPIRY_MINUTES.usual,
    description: 'For how many minutes the code is good. What could not leave by then is not sent any more.',
  })
  @Transform(integerText)
  @IsOptional()
  @IsInt()
  @Min(EXPIRY_MINUTES.least)
  @Max(EXPIRY_MINUTES.most)
  expiry_minutes?: number;

  @ApiPropertyOptional({
    type: String,
    maxLength: MAX_PURPOSE,
    default: DEFAULT_PURPOSE,
    example: 'login',
    description: 'What the code is for. Each purpose of a phone has a code, attempts and an expiry of its own.',
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(MAX_PURPOSE)
  purpose?: string;

  @ApiPropertyOptional({
    type: [String],
    maxItems: MAX_FIELDS - OWN_FIELDS,
    example: ['Blue Shop'],
    description:
      "Values of the variables of the template's text after `{{1}}`, the code, and `{{2}}`, its minutes; each up to 1,024 characters.",
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_FIELDS - OWN_FIELDS)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxCodePoints(MAX_BODY, { each: true })
  additional_params?: string[];
}
