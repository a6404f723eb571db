import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import { RequiredPlainText, trimmedOrNull } from '../../platform/http/validation/plain-text.js';

/** Body of create and update. */
export class SaveStatusDto {
  @RequiredPlainText({ max: 255, example: 'New', description: 'No other status may have it.' })
  name: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    pattern: '^#[0-9A-Fa-f]{6}$',
    example: '#1F9D55',
    description: 'In which it is shown.',
  })
  @Transform(trimmedOrNull)
  @IsOptional()
  @Matches(/^#[0-9A-Fa-f]{6}$/, { message: 'color must look like #RRGGBB' })
  color?: string | null;
}
