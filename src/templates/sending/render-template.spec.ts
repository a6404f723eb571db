import { readDefinition } from '../definition/template-definition.js';
import type { GivenValues } from './given-values.js';
import { missingValues } from './missing-values.js';
import { MASK, renderTemplate } from './render-template.js';
import { readStoredTemplate } from './stored-template.js';

const NOTHING: GivenValues = {
  fields: new Map(),
  headerField: undefined,
  files: [],
  latitude: undefined,
  longitude: undefined,
  locationName: undefined,
  locationAddress: undefined,
  buttons: new Map(),
  codeField: 1,
};

const template = (
  components: unknown[],
  given: Partial<GivenValues> = {},
  category = 'UTILITY',
  format = 'POSITIONAL',
) => ({
  id: 5,
  name: 'order_update',
  language: 'en_US',
  category,
  definition: readDefinition({ category, parameterFormat: format, components }),
  given: { ...NOTHING, ...given },
});
const BODY = { type: 'BODY', text: 'Hello {{1}}, order {{2}}' };
const plain = (text: string): string => text;

describe('what a template still needs', () => {
  const missing = (components: unknown[], given: Partial<GivenValues> = {}, category = 'UTILITY'): string[] => {
    const send = template(components, given, category);
    return Object.keys(missingValues(send.definition, category, send.given));
  };
  const TWO = new Map([
    [1, 'a'],
    [2, 'b'],
  ]);

  it('is every variable of its text, by the number of its field', () => {
    expect(missing([BODY])).toEqual(['field_1', 'field_2']);
    expect(missing([BODY], { fields: new Map([[2, 'b']]) })).toEqual(['field_1']);
    expect(missing([BODY], { fields: TWO })).toEqual([]);
  });

  it('is exactly one file for a header of a file', () => {
    const components = [
      { type: 'HEADER', format: 'IMAGE' },
      { type: 'BODY', text: 'Hi' },
    ];
    const url = { format: 'IMAGE', field: 'header_image_url' } as const;
    const file = { format: 'IMAGE', field: 'header_image_file' } as const;
    expect(missing(components)).toEqual(['header_image_url']);
    expect(missing(components, { files: [url] })).toEqual([]);
    expect(missing(components, { files: [file] })).toEqual([]);
    expect(missing(components, { files: [url, file] })).toEqual(['header_image_url']);
    expect(missing(components, { files: [{ format: 'VIDEO', field: 'header_video_url' }] })).toEqual([
      'header_image_url',
    ]);
  });

  it('is a value for buttons with a variable or a code to copy, and for no other', () => {
    const buttons = [
      { type: 'QUICK_REPLY', text: 'a' },
      { type: 'URL', text: 'b', url: 'https://example.com/{{1}}' },
      { type: 'URL', text: 'c', url: 'https://example.com' },
      { type: 'COPY_CODE', text: 'd' },
      { type: 'PHONE_NUMBER', text: 'e' },
      { type: 'FLOW', text: 'f' },
    ];
    expect(
      missing([
        { type: 'BODY', text: 'Hi' },
        { type: 'BUTTONS', buttons },
      ]),
    ).toEqual(['button_1', 'button_3']);
  });

  it('is nothing for the button of an authentication template', () => {
    const buttons = [{ type: 'URL', text: 'Copy', url: 'https://www.whatsapp.com/otp/code/?code=otp{{1}}' }];
    const components = [
      { type: 'BODY', text: '{{1}}' },
      { type: 'BUTTONS', buttons },
    ];
    expect(missing(components, { fields: new Map([[1, '123']]) }, 'AUTHENTICATION')).toEqual([]);
  });

  it.each([
    [
      [
        { type: 'BODY', text: 'Hi' },
        { type: 'CAROUSEL', cards: [] },
      ],
    ],
    [
      [
        { type: 'BODY', text: 'Hi' },
        { type: 'BUTTONS', buttons: [{ type: 'MPM', text: 'x' }] },
      ],
    ],
    [[{ type: 'BODY', text: Array.from({ length: 11 }, (_, index) => `{{${index + 1}}}`).join() }]],
  ])('is more than this endpoint can give, for %j', (components) => {
    expect(missing(components)).toContain('template_name');
  });
});

describe('a rendered template', () => {
  it('stores what its payload needs, and shows its text', () => {
    const fields = new Map([
      [1, '@{name}'],
      [2, '{{1}}'],
      [3, 'surplus'],
    ]);
    const rendered = renderTemplate(template([BODY], { fields }), (text) => text.replace('@{name}', 'Mona'));
    expect(rendered).toEqual({
      text: 'Hello Mona, order {{1}}',
      stored: {
        id: 5,
        name: 'order_update',
        language: 'en_US',
        header: null,
        body: [{ text: 'Mona' }, { text: '{{1}}' }],
        buttons: [],
      },
    });
  });

  it('is read back as it was stored, through JSON', () => {
    const components = [
      { type: 'HEADER', format: 'LOCATION' },
      { type: 'BODY', text: '{{a}}' },
      { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Stop' }] },
    ];
    const given = {
      fields: new Map([[1, 'x']]),
      buttons: new Map([[0, 'STOP']]),
      latitude: 30.1,
      longitude: -31.2,
      locationName: 'Shop',
    };
    const rendered = renderTemplate(template(components, given, 'UTILITY', 'NAMED'), plain);
    if (!('stored' in rendered)) throw new Error('it has faults');
    expect(rendered.stored.body).toEqual([{ text: 'x', name: 'a' }]);
    expect(readStoredTemplate(JSON.parse(JSON.stringify(rendered.stored)))).toEqual(rendered.stored);
  });

  it('shows a mask in the place of a one-time code, and puts the code on every OTP button', () => {
    const components = [
      { type: 'BODY', text: '{{1}} is your code.' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'OTP', text: 'Copy' },
          { type: 'URL', text: 'Help', url: 'https://x.example' },
        ],
      },
    ];
    const rendered = renderTemplate(
      template(components, { fields: new Map([[1, '483927']]) }, 'AUTHENTICATION'),
      () => 'merged',
    );
    expect(rendered).toMatchObject({
      text: `${MASK} is your code.`,
      stored: { body: [{ text: '483927' }], buttons: [{ index: 0, kind: 'url', value: '483927' }] },
    });
  });

  it('shows a mask also where a one-time code is named a second time', () => {
    const fields = new Map([
      [1, '483927'],
      [2, '10'],
      [3, 'Shop 483927'],
    ]);
    const rendered = renderTemplate(
      template([{ type: 'BODY', text: '{{1}}, {{2}} minutes, {{3}}' }], { fields }, 'AUTHENTICATION'),
      plain,
    );
    expect(rendered).toMatchObject({ text: `${MASK}, 10 minutes, Shop ${MASK}` });
  });

  it('blames the longest value when the text becomes too long', () => {
    const fields = new Map([
      [1, 'short'],
      [2, 'x'.repeat(1020)],
    ]);
    expect(renderTemplate(template([BODY], { fields }), plain)).toEqual({
      faults: { field_2: ['The field_2 field makes the text of the template longer than 1024 characters.'] },
    });
  });
});

describe('what was stored', () => {
  const stored = { id: 5, name: 'a', language: 'b', header: null, body: [], buttons: [] };

  it.each([
    null,
    'x',
    {},
    { ...stored, id: '5' },
    { ...stored, name: '' },
    { ...stored, header: {} },
    { ...stored, header: { kind: 'location', latitude: '1', longitude: 2 } },
    { ...stored, body: [{ text: 1 }] },
    { ...stored, body: undefined },
    { ...stored, buttons: [{ index: 0, kind: 'dance', value: 'x' }] },
    { ...stored, buttons: [{ index: '0', kind: 'url', value: 'x' }] },
  ])('is refused when it is no template: %j', (value) => {
    expect(readStoredTemplate(value)).toBeNull();
  });

  it('is read when it is one', () => {
    expect(readStoredTemplate(stored)).toEqual(stored);
  });
});
