import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { EnvelopeMeta } from '../http/openapi/envelope.js';
import { Reply } from '../http/reply.js';
import type { ListPage } from './lists.js';

/** `meta.pagination` of every list. */
export class Pagination {
  @ApiProperty({ type: 'integer', example: 1, description: 'Counts on from page to page, by cursor, too.' })
  current_page: number;

  @ApiProperty({ type: 'integer', example: 15 })
  per_page: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 240,
    description: 'All rows that match: exact up to 10,000, an estimate above. Null with `cursor`.',
  })
  total: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 16, description: 'Null with `cursor`.' })
  last_page: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1,
    description: 'Place of the first item in the whole list, from 1. Null with `cursor`, and on an empty page.',
  })
  from: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 15, description: 'Place of the last item, likewise.' })
  to: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'AmsxeJ0mC5o1v3tqF2Zk9w',
    description: 'Hand it over as `cursor` to get the next page; null on the last one.',
  })
  next_cursor: string | null;

  @ApiPropertyOptional({
    type: Boolean,
    enum: [true],
    example: true,
    description: 'Present and `true` when `total` is an estimate.',
  })
  total_is_estimate?: true;
}

/** `meta` of a list. */
export class ListMeta extends EnvelopeMeta {
  @ApiProperty({ type: () => Pagination })
  pagination: Pagination;
}

/** The fields of an item that were asked for, in the item's own order. */
export function pickFields<T extends object>(item: T, fields: readonly string[] | null): Partial<T> {
  if (fields === null) return item;
  const asked = Object.entries(item).filter(([name]) => fields.includes(name));
  return Object.fromEntries(asked) as Partial<T>;
}

/** The answer of a list: its items with the fields that were asked for, and `meta.pagination`. */
export function listReply<T extends object>(
  { items, pagination }: ListPage<T>,
  fields: readonly string[] | null,
  message: string,
): Reply<Partial<T>[]> {
  return new Reply(
    items.map((item) => pickFields(item, fields)),
    { message, meta: { pagination } },
  );
}
