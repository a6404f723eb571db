import fc from 'fast-check';
import type { FieldErrors } from '../../platform/http/api-error.js';
import { fillMappedText, MAX_TEXT, parseMappedText } from './mapped-text.js';
import { applyMapping, MAPPED_FIELDS, parseMapping } from './mapping.js';

const ORDER = {
  number: 727,
  total: '29.35',
  name: ' Mona\n Ali ',
  empty: '',
  nothing: null,
  paid: true,
  lines: [{ sku: 'a' }],
  big: {},
};

function filled(text: string): string | undefined {
  const parsed = parseMappedText(text);
  if ('error' in parsed) throw new Error(parsed.error);
  const found = fillMappedText(parsed.text, ORDER);
  return found && 'value' in found ? found.value : undefined;
}

const errorOf = (text: string): string | undefined => {
  const parsed = parseMappedText(text);
  return 'error' in parsed ? parsed.error : undefined;
};

describe('a text of a mapping', () => {
  it.each([
    ['$.number', '727'],
    ['$.paid', 'true'],
    ['$.name', 'Mona Ali'],
    ['Order ${$.number} of ${$.name}', 'Order 727 of Mona Ali'],
    ["${$.lines[0]['sku']}", 'a'],
    ["${$['a}b']}${$.number}", '727'],
    ['just text', 'just text'],
    ['$5 off', '$5 off'],
    ['${$.gone} of ${$.total}', 'of 29.35'],
    ['@{contact_first_name}', '@{contact_first_name}'],
  ])('%s comes to %j', (text, expected) => {
    expect(filled(text)).toBe(expected);
  });

  it.each(['$.gone', '$.empty', '$.nothing', '$.lines', '$.big', '$', 'Order ${$.gone}', '${$.empty}'])(
    '%s comes to nothing',
    (text) => {
      expect(filled(text)).toBeUndefined();
    },
  );

  it('is refused when a path in it is none', () => {
    expect(errorOf('$.a.')).toMatch(/is no path/);
    expect(errorOf('Order ${number}')).toMatch(/has no path at "\$\{number\}"/);
    expect(errorOf('Order ${$.number')).toMatch(/cannot be read up to a \}/);
    expect(errorOf('Order ${$.number + 1}')).toMatch(/cannot be read up to a \}/);
    expect(errorOf('a'.repeat(MAX_TEXT))).toBeUndefined();
    expect(errorOf('a'.repeat(MAX_TEXT + 1))).toBe('must not be longer than 2000 characters');
    for (const path of ['${$.a}', '${$.a} ', 'a ${$.a}']) {
      expect(errorOf(path.repeat(20))).toBeUndefined();
      expect(errorOf(path.repeat(21))).toBe('must not have more than 20 paths');
    }
  });

  it('is read or refused, whatever it is, and comes to one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."${}.[]'ab \n") }), fc.jsonValue(), (text, payload) => {
        const parsed = parseMappedText(text);
        if ('error' in parsed) return;
        const found = fillMappedText(parsed.text, payload) ?? { value: 'a' };
        expect('value' in found && found.value).toMatch(/^\S+( \S+)*$/u);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a mapping', () => {
  const faultsOf = (mapping: unknown): FieldErrors => {
    const faults: FieldErrors = {};
    parseMapping(mapping, faults);
    return faults;
  };

  it('takes the first alternative that is found', () => {
    const { mapping } = parseMapping({ phone: ['$.gone', '$.nothing', '$.number', '$.total'], field_1: '$.gone' }, {});
    expect(applyMapping(mapping, ORDER)).toEqual([
      { field: 'phone', value: '727' },
      { field: 'field_1', value: null },
    ]);
  });

  it('is refused with everything that is wrong with it', () => {
    expect(
      faultsOf({
        field_0: '$.a',
        field_11: '$.a',
        button_10: '$.a',
        contact: '$.a',
        field_1: '$.',
        field_2: 1,
        field_3: ' ',
        field_4: [],
      }),
    ).toEqual({
      'mapping.field_0': [expect.stringContaining('is no field of a mapping')],
      'mapping.field_11': [expect.stringContaining('is no field of a mapping')],
      'mapping.button_10': [expect.stringContaining('is no field of a mapping')],
      'mapping.contact': [expect.stringContaining('is no field of a mapping')],
      'mapping.field_1': [expect.stringContaining('field_1 is no path')],
      'mapping.field_2': ['field_2 must be a text, or a list of texts'],
      'mapping.field_3': ['field_3 must not be blank'],
      'mapping.field_4': ['field_4 must have 1 to 5 alternatives'],
      'mapping.phone': ['phone is required'],
    });
    const long = 'x'.repeat(1_000_000);
    expect(JSON.stringify(faultsOf({ phone: '$.a', [long]: '$.a' })).length).toBeLessThan(2000);
    expect(faultsOf([])).toEqual({ mapping: ['mapping must be an object of fields and their paths'] });
    expect(faultsOf({ phone: Array.from({ length: 6 }, () => '$.a') })).toHaveProperty(['mapping.phone']);
    expect(faultsOf({ phone: Array.from({ length: 5 }, () => '$.a'), field_10: '$.a', button_9: '$.a' })).toEqual({});
  });

  it('may have all fields that there are, and no more', () => {
    const all = Object.fromEntries(MAPPED_FIELDS.map((field) => [field, '$.a']));
    expect(faultsOf(all)).toEqual({});
    expect(faultsOf({ ...all, one_more: '$.a' })).toEqual({
      mapping: [`mapping must not have more than ${MAPPED_FIELDS.length} fields`],
    });
  });
});
