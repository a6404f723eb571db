import { ApiProperty } from '@nestjs/swagger';

const nullableText = (example: string | null, description?: string) => ({
  type: String,
  nullable: true,
  example,
  description,
});

/** A message template as `GET /templates` shows it. */
export class TemplateDto {
  @ApiProperty({ type: 'integer', example: 5 })
  id: number;

  @ApiProperty({
    type: String,
    example: '1387372356726668',
    description: "WhatsApp's id: what `{id}` of a path means.",
  })
  template_id: string;

  @ApiProperty({ type: String, example: 'order_update' })
  template_name: string;

  @ApiProperty({ type: String, example: 'order_update', description: 'The same as `template_name`.' })
  name: string;

  @ApiProperty({ type: String, example: 'en_US' })
  language: string;

  @ApiProperty({ type: String, example: 'UTILITY', description: '`MARKETING`, `UTILITY` or `AUTHENTICATION`.' })
  category: string;

  @ApiProperty({
    type: String,
    example: 'APPROVED',
    description:
      'Only `APPROVED` can be sent. Else `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`, `IN_APPEAL`, `PENDING_DELETION`, `LIMIT_EXCEEDED`, `ARCHIVED`, or `DELETED`: WhatsApp has it no more.',
  })
  status: string;

  @ApiProperty(nullableText('GREEN', 'What recipients make of it: `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.'))
  quality_score: string | null;

  @ApiProperty({
    enum: ['POSITIONAL', 'NAMED'],
    example: 'POSITIONAL',
    description: 'Whether variables are written `{{1}}` or `{{first_name}}`.',
  })
  parameter_format: string;

  @ApiProperty({ enum: ['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION', 'NONE'], example: 'TEXT' })
  header_data_format: string;

  @ApiProperty(nullableText('Order {{1}}', 'Of a text header.'))
  header_data_text: string | null;

  @ApiProperty({ type: 'integer', example: 1, description: '1: a send needs `header_field_1`.' })
  header_params_count: number;

  @ApiProperty(nullableText(null, "WhatsApp's copy of the sample file, for as long as its address lives."))
  header_file_url: string | null;

  @ApiProperty(nullableText('77', "Sample of the header's variable."))
  header_variable_value: string | null;

  @ApiProperty({ type: String, example: 'Hello {{1}}, your order {{2}} is on its way.' })
  body_data: string;

  @ApiProperty({ type: 'integer', example: 2, description: 'How many of `field_1` … `field_10` a send needs.' })
  body_params_count: number;

  @ApiProperty(nullableText('["Mona","77"]', "Samples of the body's variables: a JSON array, as text."))
  body_variable_value: string | null;

  @ApiProperty(nullableText('Reply STOP to unsubscribe'))
  footer_data: string | null;

  @ApiProperty({ type: 'integer', example: 0 })
  footer_params_count: number;

  @ApiProperty(
    nullableText(
      '[{"type":"URL","text":"Track","url":"https://example.com/t/{{1}}"}]',
      'The buttons: JSON, as text. Their order from 0 is what `button_0` … of a send means.',
    ),
  )
  buttons_data: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'How long WhatsApp tries to deliver, where the template says so; -1: 30 days.',
  })
  message_send_ttl_seconds: number | null;

  @ApiProperty({ type: Boolean, example: false, description: 'Of authentication templates.' })
  add_security_recommendation: boolean;

  @ApiProperty({ type: 'integer', nullable: true, example: null, description: 'Of authentication templates.' })
  code_expiration_minutes: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: null,
    description:
      'Of authentication templates: the button that hands the code over, such as `{"otp_type":"COPY_CODE"}`.',
  })
  otp_button_config: Readonly<Record<string, unknown>> | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ type: 'BODY', text: 'Hello {{1}}, your order {{2}} is on its way.' }],
    description: 'The components as WhatsApp has them.',
  })
  components: readonly Readonly<Record<string, unknown>>[];

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  updated_at: string;
}
