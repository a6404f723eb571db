import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsLatitude,
  IsLongitude,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { MAX_FIELDS } from '../../templates/sending/given-values.js';
import { MAX_BODY, MAX_HEADER, MAX_URL } from '../../templates/sending/render-template.js';
import { booleanText, emptyAsAbsent, integerText, numberText } from './form-values.js';
import { MaxMergedCodePoints } from './max-merged-code-points.js';
import { SendDto } from './send.dto.js';

/** Longest name that WhatsApp gives a template. */
export const MAX_TEMPLATE_NAME = 512;

const Value = (limit: number, example: string, description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: String, maxLength: limit, example, description }),
    Transform(emptyAsAbsent),
    IsOptional(),
    IsString(),
    MaxMergedCodePoints(limit),
  );

const BodyValue = (number: number, example: string): PropertyDecorator =>
  Value(MAX_BODY, example, `Value of \`{{${number}}}\` in the text, or of its named variable number ${number}.`);

const ButtonValue = (index: number, example: string): PropertyDecorator =>
  Value(MAX_URL, example, `Value of the template's button number ${index}, counted from 0.`);

const FileAddress = (what: string, example: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      format: 'uri',
      maxLength: 2048,
      example,
      description: `Public http(s) address of the header's ${what}, which is downloaded and re-hosted.`,
    }),
    Transform(emptyAsAbsent),
    IsOptional(),
    IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false, allow_underscores: true }),
    MaxLength(2048),
  );

const PlaceText = (example: string, description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: String, maxLength: 1000, example, description }),
    Transform(emptyAsAbsent),
    IsOptional(),
    IsString(),
    MaxMergedCodePoints(1000),
  );

/** Body of `POST /messages/template`; a file for the header comes beside it. */
export class SendTemplateDto extends SendDto {
  @ApiProperty({ type: String, maxLength: MAX_TEMPLATE_NAME, example: 'order_update' })
  @IsString()
  @IsNotEmpty()
  @MaxCodePoints(MAX_TEMPLATE_NAME)
  template_name: string;

  @ApiProperty({ type: String, maxLength: 10, example: 'en_US', description: 'Language code of the template.' })
  @IsString()
  @IsNotEmpty()
  @MaxCodePoints(10)
  language: string;

  @BodyValue(1, '@{contact_first_name}')
  field_1?: string;

  @BodyValue(2, 'A-77')
  field_2?: string;

  @BodyValue(3, 'Tuesday')
  field_3?: string;

  @BodyValue(4, '10:00')
  field_4?: string;

  @BodyValue(5, 'Cairo')
  field_5?: string;

  @BodyValue(6, '12')
  field_6?: string;

  @BodyValue(7, '49.90')
  field_7?: string;

  @BodyValue(8, 'EGP')
  field_8?: string;

  @BodyValue(9, 'Nour')
  field_9?: string;

  @BodyValue(10, 'thank you')
  field_10?: string;

  @Value(MAX_HEADER, 'A-77', 'Value of the variable in a text header.')
  header_field_1?: string;

  @FileAddress('picture', 'https://example.com/sale.jpg')
  header_image_url?: string;

  @FileAddress('video', 'https://example.com/tour.mp4')
  header_video_url?: string;

  @FileAddress('document', 'https://example.com/invoice.pdf')
  header_document_url?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: 255,
    example: 'invoice.pdf',
    description: "Name of the header's document that the recipient sees.",
  })
  @Transform(emptyAsAbsent)
  @IsOptional()
  @IsString()
  @MaxCodePoints(255)
  header_document_name?: string;

  @ApiPropertyOptional({ type: Number, example: 30.0444, description: 'Of the place in a location header.' })
  @Transform(numberText)
  @IsOptional()
  @IsNumber()
  @IsLatitude()
  header_latitude?: number;

  @ApiPropertyOptional({ type: Number, example: 31.2357, description: 'Of the place in a location header.' })
  @Transform(numberText)
  @IsOptional()
  @IsNumber()
  @IsLongitude()
  header_longitude?: number;

  @PlaceText('Our shop', 'Name of the place in a location header.')
  header_location_name?: string;

  @PlaceText('1 Tahrir Square, Cairo', 'Address of the place in a location header.')
  header_location_address?: string;

  @ButtonValue(0, 'A-77')
  button_0?: string;

  @ButtonValue(1, 'STOP')
  button_1?: string;

  @ButtonValue(2, '25OFF')
  button_2?: string;

  @ButtonValue(3, 'A-77')
  button_3?: string;

  @ButtonValue(4, 'A-77')
  button_4?: string;

  @ButtonValue(5, 'A-77')
  button_5?: string;

  @ButtonValue(6, 'A-77')
  button_6?: string;

  @ButtonValue(7, 'A-77')
  button_7?: string;

  @ButtonValue(8, 'A-77')
  button_8?: string;

  @ButtonValue(9, 'A-77')
  button_9?: string;

  @ApiPropertyOptional({
    type: Boolean,
    example: false,
    description: 'For authentication templates: six random digits become the code.',
  })
  @Transform(booleanText)
  @IsOptional()
  @IsBoolean()
  auto_generate_otp?: boolean;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_FIELDS,
    default: 1,
    example: 1,
    description: 'Which `field_N` of an authentication template is the code.',
  })
  @Transform(integerText)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_FIELDS)
  otp_field_number?: number;
}
