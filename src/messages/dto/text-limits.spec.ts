import type { Type } from '@nestjs/common';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { MAX_UNMERGED_TEXT } from '../outbound/merge-fields.js';
import { SendContactsDto } from './send-contacts.dto.js';
import { SendInteractiveDto } from './send-interactive.dto.js';
import { SendLocationDto } from './send-location.dto.js';
import { SendMediaDto } from './send-media.dto.js';
import { SendTemplateDto } from './send-template.dto.js';
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

const template = (fields: Body): Body => ({ template_name: 'hello', language: 'en_US', ...fields });
const media = (fields: Body): Body => ({ media_type: 'document', ...fields });
const cards = (fields: Body): Body => ({ contacts: [{ name: { formatted_name: 'Mona' }, ...fields }] });

const NAMES = ['first_name', 'last_name', 'middle_name', 'prefix', 'suffix'];
/** Lists of a card, with the fields of their members. */
const CARD_LISTS: Record<string, string[]> = {
  phones: ['phone', 'type', 'wa_id'],
  emails: ['email', 'type'],
  urls: ['url', 'type'],
  addresses: ['street', 'city', 'state', 'zip', 'country', 'country_code', 'type'],
};

/** Fields with a length, and no rule about white space. */
const MORE_FIELDS: typeof FIELDS = [
  ['template_name', SendTemplateDto, 512, (template_name) => template({ template_name })],
  ['language', SendTemplateDto, 10, (language) => template({ language })],
  ['field_1', SendTemplateDto, 1024, (field_1) => template({ field_1 })],
  ['field_10', SendTemplateDto, 1024, (field_10) => template({ field_10 })],
  ['header_field_1', SendTemplateDto, 60, (header_field_1) => template({ header_field_1 })],
  ['header_document_name', SendTemplateDto, 255, (header_document_name) => template({ header_document_name })],
  ['header_location_name', SendTemplateDto, 1000, (header_location_name) => template({ header_location_name })],
  [
    'header_location_address',
    SendTemplateDto,
    1000,
    (header_location_address) => template({ header_location_address }),
  ],
  ['button_0', SendTemplateDto, 2000, (button_0) => template({ button_0 })],
  ['button_9', SendTemplateDto, 2000, (button_9) => template({ button_9 })],
  ['filename', SendMediaDto, 255, (filename) => media({ filename })],
  ['caption', SendMediaDto, 1024, (caption) => media({ caption })],
  ['contact.firstname', SendTextDto, 255, (firstname) => ({ message: 'x', contact: { firstname } })],
  ['contact.lastname', SendTextDto, 255, (lastname) => ({ message: 'x', contact: { lastname } })],
  ...NAMES.map((part): (typeof FIELDS)[number] => [
    `contacts.0.name.${part}`,
    SendContactsDto,
    1024,
    (text) => cards({ name: { formatted_name: 'Mona', [part]: text } }),
  ]),
  ...Object.entries(CARD_LISTS).flatMap(([list, fields]) =>
    fields.map((field): (typeof FIELDS)[number] => [
      `contacts.0.${list}.0.${field}`,
      SendContactsDto,
      1024,
      (text) => cards({ [list]: [{ [field]: text }] }),
    ]),
  ),
  ...['company', 'department', 'title'].map((part): (typeof FIELDS)[number] => [
    `contacts.0.org.${part}`,
    SendContactsDto,
    1024,
    (text) => cards({ org: { [part]: text } }),
  ]),
];

const wrongFields = async (dto: Type<object>, body: Body): Promise<string[]> =>
  Object.keys((await checkDto(dto, { phone: PHONE, ...body })).faults);

describe.each(Object.entries(ALPHABETS))('the length of a text of %s', (_, sign) => {
  it.each([...FIELDS, ...MORE_FIELDS])('%s', async (field, dto, max, body) => {
    expect(await wrongFields(dto, body(sign.repeat(max)))).toEqual([]);
    expect(await wrongFields(dto, body(sign.repeat(max + 1)))).toEqual([field]);
  });
});

describe('the length of what has letters of its own', () => {
  const email = (last: number) => `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(last)}.com`;
  const url = (length: number) => 'https://example.com/'.padEnd(length, 'x');

  it.each<[string, Type<object>, unknown, unknown]>([
    ['from', SendTextDto, '1'.repeat(30), '1'.repeat(31)],
    ['media_url', SendMediaDto, url(2048), url(2049)],
    ['header_image_url', SendTemplateDto, url(2048), url(2049)],
    ['header_video_url', SendTemplateDto, url(2048), url(2049)],
    ['header_document_url', SendTemplateDto, url(2048), url(2049)],
  ])('%s', async (field, dto, longest, longer) => {
    const body = { message: 'x', ...template({}), ...media({}) };
    expect(await wrongFields(dto, { ...body, [field]: longest })).toEqual([]);
    expect(await wrongFields(dto, { ...body, [field]: longer })).toEqual([field]);
  });

  it.each<[string, string, string]>([
    ['email', email(58), email(59)],
    ['groups', `${'1,'.repeat(2499)}11`, `${'1,'.repeat(2500)}1`],
  ])('contact.%s', async (field, longest, longer) => {
    const body = (value: string) => ({ message: 'x', contact: { [field]: value } });
    expect(await wrongFields(SendTextDto, body(longest))).toEqual([]);
    expect(await wrongFields(SendTextDto, body(longer))).toEqual([`contact.${field}`]);
  });

  it.each(Object.keys(CARD_LISTS))('%s of a card: 100', async (list) => {
    const members = (count: number) => cards({ [list]: Array.from({ length: count }, () => ({})) });
    expect(await wrongFields(SendContactsDto, members(100))).toEqual([]);
    expect(await wrongFields(SendContactsDto, members(101))).toEqual([`contacts.0.${list}`]);
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
