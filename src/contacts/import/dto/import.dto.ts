import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional } from 'class-validator';
import { booleanValue } from '../../dto/contact-batches.dto.js';
import { integerValue } from '../../dto/ids.js';

/** Text fields of `POST /contacts/import`. */
export class ImportFieldsDto {
  @ApiProperty({ type: 'integer', example: 3, description: 'Source of rows that name none.' })
  @Transform(({ value }) => integerValue(value))
  @IsInt({ message: 'source_id must be an integer' })
  source_id: number;

  @ApiProperty({ type: 'integer', example: 5, description: 'Status of rows that name none.' })
  @Transform(({ value }) => integerValue(value))
  @IsInt({ message: 'status_id must be an integer' })
  status_id: number;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    example: true,
    description: 'Rows whose phone a contact has already, or an earlier row, are skipped and are no errors.',
  })
  @Transform(booleanValue)
  @IsOptional()
  @IsBoolean()
  skip_duplicates?: boolean | null;
}

/** The form as the reference shows it: the file beside its fields. */
export class ImportFormDto extends ImportFieldsDto {
  @ApiProperty({
    type: String,
    format: 'binary',
    example: 'contacts.csv',
    description: 'CSV with a header, up to 100 MB.',
  })
  file: unknown;
}

/** What an import as a whole failed of. */
export class ImportFailureDto {
  @ApiProperty({
    enum: ['INVALID_FILE', 'FILE_MISSING', 'INTERNAL_ERROR'],
    example: 'INVALID_FILE',
    description: '`INVALID_FILE`: nothing was created.',
  })
  code: string;

  @ApiProperty({ type: String, example: 'The file has more than 100000 rows.' })
  message: string;
}

/** An import and how far it is. */
export class ImportDto {
  @ApiProperty({ type: 'integer', example: 7 })
  id: number;

  @ApiProperty({ enum: ['queued', 'running', 'completed', 'failed'], example: 'running' })
  status: string;

  @ApiProperty({ type: 'integer', nullable: true, example: 1200, description: 'Rows of the file; null until counted.' })
  total: number | null;

  @ApiProperty({ type: 'integer', example: 500, description: 'Rows that are done: created, skipped or failed.' })
  done: number;

  @ApiProperty({ type: 'integer', example: 480 })
  created: number;

  @ApiProperty({ type: 'integer', example: 15 })
  skipped: number;

  @ApiProperty({ type: 'integer', example: 5, description: 'Rows that are told in the errors file.' })
  failed: number;

  @ApiProperty({
    type: () => ImportFailureDto,
    nullable: true,
    example: null,
    description: 'Why the import failed as a whole.',
  })
  error: ImportFailureDto | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T07:58:39+00:00' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-01-01T07:58:40+00:00' })
  started_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  finished_at: string | null;
}
