import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** `meta` of every answer. */
export class EnvelopeMeta {
  @ApiProperty({
    type: String,
    format: 'uuid',
    description: 'The same as the `X-Request-Id` header of the answer.',
    example: '0f8fad5b-d9cb-469f-a165-70867728950e',
  })
  request_id: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When the answer was made: ISO 8601, `+00:00`, no fraction of a second.',
    example: '2026-01-01T07:58:39+00:00',
  })
  timestamp: string;
}

/** What every successful answer has beside its `data`. */
export class SuccessEnvelope {
  @ApiProperty({ type: Boolean, enum: [true], description: 'Always `true` in a successful answer.', example: true })
  success: true;

  @ApiPropertyOptional({
    type: String,
    description: 'A short sentence for people; programs should not read it.',
  })
  message?: string;

  @ApiProperty({ type: EnvelopeMeta })
  meta: EnvelopeMeta;
}

/** `error` of every failed answer. */
export class ErrorBody {
  @ApiProperty({
    type: String,
    description:
      'Says what went wrong, for programs. New codes may be added; treat one that you do not know by its HTTP status.',
    example: 'VALIDATION_ERROR',
  })
  code: string;

  @ApiProperty({
    type: String,
    description: 'Says what went wrong, for people.',
    example: 'The given data was invalid',
  })
  message: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What belongs to the code; see the examples of each error.',
    example: { phone: ['phone must be a possible phone number'] },
  })
  details?: Record<string, unknown>;
}

/** Every answer that is not a success, whatever its status. */
export class ErrorEnvelope {
  @ApiProperty({ type: Boolean, enum: [false], description: 'Always `false` in an error.', example: false })
  success: false;

  @ApiProperty({ type: ErrorBody })
  error: ErrorBody;

  @ApiProperty({ type: EnvelopeMeta })
  meta: EnvelopeMeta;
}
