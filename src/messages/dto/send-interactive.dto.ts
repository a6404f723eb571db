import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsUrl, ValidateIf } from 'class-validator';
import { MaxCodePoints } from '../../platform/http/validation/code-points.js';
import { OptionalText, RequiredText } from './text-fields.js';
import { RequiredList } from './object-list.js';
import { SendDto } from './send.dto.js';

/** What an interactive message offers. `cta_url` goes beyond the documented two. */
export const INTERACTIVE_TYPES = ['button', 'list', 'cta_url'] as const;
export type InteractiveType = (typeof INTERACTIVE_TYPES)[number];

/** Longest body, in code points, after merge fields are filled in (as documented; WhatsApp takes 4096 in lists). */
export const MAX_INTERACTIVE_BODY = 1024;
/** Most rows over all sections of a list (Cloud API, interactive list messages). */
export const MAX_LIST_ROWS = 10;

const MAX_URL = 2000;
const isType =
  (type: InteractiveType) =>
  (dto: SendInteractiveDto): boolean =>
    dto.type === type;

/** A button that answers with its id. */
export class ReplyButtonDto {
  @RequiredText({ max: 256, example: 'yes', description: 'Comes back when it is tapped; unique in the message.' })
  id: string;

  @RequiredText({ max: 20, example: 'Yes, please', description: 'What it says; unique in the message.' })
  title: string;
}

/** One choice of a list. */
export class ListRowDto {
  @RequiredText({ max: 200, example: 'express', description: 'Comes back when it is chosen; unique in the message.' })
  id: string;

  @RequiredText({ max: 24, example: 'Express' })
  title: string;

  @OptionalText({ max: 72, example: 'Tomorrow before noon' })
  description?: string;
}

/** Choices of a list under one title. */
export class ListSectionDto {
  @RequiredText({ max: 24, example: 'Delivery' })
  title: string;

  @RequiredList({
    of: () => ListRowDto,
    min: 1,
    max: MAX_LIST_ROWS,
    description: `At most ${MAX_LIST_ROWS} over all sections.`,
  })
  rows: ListRowDto[];
}

/** Body of `POST /messages/interactive`. */
export class SendInteractiveDto extends SendDto {
  @ApiProperty({ enum: INTERACTIVE_TYPES, example: 'button', description: 'What the message offers.' })
  @IsIn(INTERACTIVE_TYPES)
  type: InteractiveType;

  @RequiredText({
    max: MAX_INTERACTIVE_BODY,
    merged: true,
    example: 'Hi @{contact_first_name}, shall we deliver today?',
    description: 'The text; may hold merge fields.',
  })
  body_text: string;

  @OptionalText({ max: 60, example: 'Your order', description: 'Above the text, in bold.' })
  header_text?: string;

  @OptionalText({ max: 60, example: 'Reply STOP to opt out', description: 'Below the text, in small letters.' })
  footer_text?: string;

  @RequiredList<SendInteractiveDto>({
    of: () => ReplyButtonDto,
    min: 1,
    max: 3,
    when: isType('button'),
    description: 'For `type: "button"`.',
  })
  buttons?: ReplyButtonDto[];

  @RequiredText<SendInteractiveDto>({
    max: 20,
    when: isType('list'),
    example: 'Choose a time',
    description: 'For `type: "list"`: the button that opens the list.',
  })
  list_button_text?: string;

  @RequiredList<SendInteractiveDto>({
    of: () => ListSectionDto,
    min: 1,
    max: 10,
    when: isType('list'),
    description: 'For `type: "list"`.',
  })
  sections?: ListSectionDto[];

  @RequiredText<SendInteractiveDto>({
    max: 20,
    when: isType('cta_url'),
    example: 'Track your order',
    description: 'For `type: "cta_url"`: what the button says.',
  })
  display_text?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uri',
    maxLength: MAX_URL,
    example: 'https://example.com/orders/77',
    description: 'For `type: "cta_url"`: the http(s) address that the button opens.',
  })
  @ValidateIf(isType('cta_url'))
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false, allow_underscores: true })
  @MaxCodePoints(MAX_URL)
  url?: string;
}
