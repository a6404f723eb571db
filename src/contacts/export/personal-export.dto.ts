import { ApiProperty } from '@nestjs/swagger';

const RECORD = { type: 'object' as const, additionalProperties: true };
const RECORDS = { type: 'array' as const, items: RECORD };

/** All that is stored of one person. */
export class PersonalExportDto {
  @ApiProperty({
    ...RECORD,
    description: 'Its fields, with the names of source, status, groups and assignee.',
    example: { id: 12, firstname: 'Mona', lastname: 'Ali', phone: '201000000000', groups: [{ id: 4, name: 'VIP' }] },
  })
  contact: object;

  @ApiProperty({
    ...RECORD,
    description: 'What the person wants to receive, and since when.',
    example: { is_opted_out: false, opted_out_at: null, marketing_stopped: false },
  })
  opt_outs: object;

  @ApiProperty({
    ...RECORDS,
    description: 'One-time codes that were sent to the person and not verified yet; never the codes themselves.',
    example: [{ purpose: 'login', attempts: 0, max_attempts: 5, message_id: 501 }],
  })
  one_time_codes: object[];

  @ApiProperty({ ...RECORDS, example: [{ id: 9, number: '106540352242922', last_inbound_at: null }] })
  chats: object[];

  @ApiProperty({
    ...RECORDS,
    description: 'By chat, the oldest first. `media.url` is the address of its file.',
    example: [{ id: 501, chat_id: 9, direction: 'outbound', type: 'text', status: 'read', body: 'Hello', media: null }],
  })
  messages: object[];

  @ApiProperty({
    ...RECORDS,
    description: 'What stores delivered about the person, as far as it is kept.',
    example: [{ id: 812, listener_id: 5, topic: 'order.updated', status: 'sent', message_id: 501, payload: null }],
  })
  store_payloads: object[];

  @ApiProperty({
    ...RECORDS,
    description: 'Who (token) changed the contact, when, and which fields; the newest first.',
    example: [{ id: 77, at: '2026-01-01T07:58:39+00:00', action: 'contact.updated', token_id: 2, fields: ['city'] }],
  })
  audit: object[];
}
