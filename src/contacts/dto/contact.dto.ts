import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { NamedRecordDto } from '../named-records/named-record.dto.js';

/** What a contact is to the business. */
export const CONTACT_TYPES = ['lead', 'customer', 'guest'] as const;
export type ContactType = (typeof CONTACT_TYPES)[number];

/** What may be asked for beside a contact. */
export const CONTACT_INCLUDES = ['groups', 'source', 'status'] as const;
export type ContactInclude = (typeof CONTACT_INCLUDES)[number];

/** `status` of a contact. */
export class ContactStatusDto extends NamedRecordDto {
  @ApiProperty({ type: String, nullable: true, example: '#1F9D55' })
  color: string | null;
}

const text = (example: string) => ({ type: String, nullable: true, example });
const id = (example: number, description?: string) => ({
  type: 'integer' as const,
  nullable: true,
  example,
  description,
});

/** A person that a tenant writes to. */
export class ContactDto {
  @ApiProperty({ type: 'integer', example: 12 })
  id: number;

  @ApiProperty({ type: String, example: 'Mona' })
  firstname: string;

  @ApiProperty({ type: String, example: 'Ali' })
  lastname: string;

  @ApiProperty(text('Little Shop'))
  company: string | null;

  @ApiProperty({ type: String, enum: CONTACT_TYPES, example: 'lead' })
  type: ContactType;

  @ApiProperty(text('mona@example.com'))
  email: string | null;

  @ApiProperty({
    ...text('201000000000'),
    description: 'Digits only; null when the contact is known by its WhatsApp user id alone.',
  })
  phone: string | null;

  @ApiProperty(id(5))
  status_id: number | null;

  @ApiProperty(id(3))
  source_id: number | null;

  @ApiProperty(text('Asked for the summer catalogue.'))
  description: string | null;

  @ApiProperty(text('Cairo'))
  city: string | null;

  @ApiProperty(text('Cairo Governorate'))
  state: string | null;

  @ApiProperty(text('11511'))
  zip: string | null;

  @ApiProperty(text('6 Tahrir Square'))
  address: string | null;

  @ApiProperty(id(818, 'ISO 3166-1 numeric code of the country.'))
  country_id: number | null;

  @ApiProperty(id(2, 'Member of your staff who looks after the contact.'))
  assigned_id: number | null;

  @ApiProperty({ type: 'integer', isArray: true, example: [4, 9], description: 'Ids of its groups.' })
  group_id: number[];

  @ApiProperty({ type: Boolean, example: false, description: 'The contact wants no messages.' })
  is_opted_out: boolean;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T08:00:00+00:00' })
  updated_at: string;

  @ApiPropertyOptional({
    type: () => NamedRecordDto,
    isArray: true,
    description: 'With `include=groups`, and in the answers to create and update.',
  })
  groups?: NamedRecordDto[];

  @ApiPropertyOptional({ type: () => NamedRecordDto, nullable: true, description: 'With `include=source`.' })
  source?: NamedRecordDto | null;

  @ApiPropertyOptional({ type: () => ContactStatusDto, nullable: true, description: 'With `include=status`.' })
  status?: ContactStatusDto | null;
}
