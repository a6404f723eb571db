import type { Type } from '@nestjs/common';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { MAX_UNMERGED_TEXT } from '../outbound/merge-fields.js';
import { SendContactsDto } from './send-contacts.dto.js';
import { SendInteractiveDto } from './send-interactive.dto.js';
import { SendLocationDto } from './send-location.dto.js';
import { SendTextDto } from './send-text.dto.js';

type Body = Record<string, unknown>;

const PHONE = '201000000000';
const button = (fields: Body = {}): Body => ({ id: 'a', title: 'A', ...fields });
const row = (fields: Body = {}): Body => ({ id: 'r', title: 'R', ...fields });
const buttons = (...members: Body[]): Body => ({ type: 'button', body_text: 'x', buttons: members });
const list = (fields: Body): Body => ({
  type: 'list',
  body_text: 'x',
  list_button_text: 'x',
  sections: [{ title: 'S', rows: [row()] }],
  ...fields,
});
const link = (fields: Body): Body => ({
  type: 'cta_url',
  body_text: 'x',
  display_text: 'x',
  url: 'https://example.com/',
  ...fields,
});

/** Letters that one, two and three UTF-16 units or bytes count differently: limits are in code points. */
const ALPHABETS = { Latin: 'x', Arabic: 'م', emoji: '👍' };

const FIELDS: [string, Type<object>, number, (text: string) => Body][] = [
  ['message', SendTextDto, 4096, (message) => ({ message })],
  ['body_text', SendInteractiveDto, 1024, (body_text) => ({ ...buttons(button()), body_text })],
  ['header_text', SendInteractiveDto, 60, (header_text) => ({ ...buttons(button()), header_text })],
  ['footer_text', SendInteractiveDto, 60, (footer_text) => ({ ...buttons(button()), footer_text })],
  ['buttons.0.id', SendInteractiveDto, 256, (id) => buttons(button({ id }))],
  ['buttons.0.title', SendInteractiveDto, 20, (title) => buttons(button({ title }))],
  ['list_button_text', SendInteractiveDto, 20, (list_button_text) => list({ list_button_text })],
  ['sections.0.title', SendInteractiveDto, 24, (title) => list({ sections: [{ title, rows: [row()] }] })],
  ['sections.0.rows.0.id', SendInteractiveDto, 200, (id) => list({ sections: [{ title: 'S', rows: [row({ id })] }] })],
  [
    'sections.0.rows.0.title',
    SendInteractiveDto,
    24,
    (title) => list({ sections: [{ title: 'S', rows: [row({ title })] }] }),
  ],
  [
    'sections.0.rows.0.description',
    SendInteractiveDto,
    72,
    (description) => list({ sections: [{ title: 'S', rows: [row({ description })] }] }),
  ],
  ['display_text', SendInteractiveDto, 20, (display_text) => link({ display_text })],
  ['name', SendLocationDto, 1000, (name) => ({ latitude: 0, longitude: 0, name })],
  ['address', SendLocationDto, 1000, (address) => ({ latitude: 0, longitude: 0, address })],
  [
    'contacts.0.name.formatted_name',
    SendContactsDto,
    1024,
    (formatted_name) => ({ contacts: [{ name: { formatted_name } }] }),
  ],
];

const wrongFields = async (dto: Type<object>, body: Body): Promise<string[]> =>
  Object.keys((await checkDto(dto, { phone: PHONE, ...body })).faults);

describe.each(Object.entries(ALPHABETS))('the length of a text of %s', (_, sign) => {
  it.each(FIELDS)('%s', async (field, dto, max, body) => {
    expect(await wrongFields(dto, body(sign.repeat(max)))).toEqual([]);
    expect(await wrongFields(dto, body(sign.repeat(max + 1)))).toEqual([field]);
  });
});

describe('a text', () => {
  const OPTIONAL = ['header_text', 'footer_text', 'sections.0.rows.0.description', 'name', 'address'];

  it.each(FIELDS.filter(([field]) => !OPTIONAL.includes(field)))(
    '%s must be there, and not blank',
    async (...given) => {
      const [field, dto, , body] = given;
      for (const text of ['', ' \n ']) expect(await wrongFields(dto, body(text))).toEqual([field]);
    },
  );

  it.each(FIELDS.filter(([field]) => OPTIONAL.includes(field)))('%s may be empty', async (_, dto, __, body) => {
    expect(await wrongFields(dto, body(''))).toEqual([]);
  });

  it('with merge fields leaves its length to the merge, within a bound', async () => {
    const token = '@{contact_first_name}';
    const message = (length: number): Body => ({ message: 'x'.repeat(length - token.length) + token });
    expect(await wrongFields(SendTextDto, message(MAX_UNMERGED_TEXT))).toEqual([]);
    expect(await wrongFields(SendTextDto, message(MAX_UNMERGED_TEXT + 1))).toEqual(['message']);
    expect(await wrongFields(SendTextDto, { message: 'x'.repeat(4096) + '@{name}' })).toEqual(['message']);
  });

  it('has exactly one fault, which says what is wrong', async () => {
    const faultsOf = async (message: unknown) =>
      (await checkDto(SendTextDto, { phone: PHONE, message })).faults.message;
    expect(await faultsOf(undefined)).toEqual(['message is required']);
    expect(await faultsOf(7)).toEqual(['message must be a string']);
    expect(await faultsOf(' ')).toEqual(['message must not be blank']);
    expect(await faultsOf('x'.repeat(4097))).toEqual(['message must not be longer than 4096 characters']);
  });
});
