import { ApiProperty } from '@nestjs/swagger';
import { timestamp } from '../../platform/http/timestamp.js';
import type { NamedRow } from './named-records.js';

/** What groups, sources and statuses have in common. */
export class NamedRecordDto {
  @ApiProperty({ type: 'integer', example: 4 })
  id: number;

  @ApiProperty({ type: String, example: 'VIP' })
  name: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  updated_at: string;
}

/** The fields of all of them, as they are answered. */
export function presentNamed({ id, name, created_at, updated_at }: NamedRow): NamedRecordDto {
  return { id, name, created_at: timestamp(created_at), updated_at: timestamp(updated_at) };
}
