import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Max, ValidateNested } from 'class-validator';
import { ApiError } from '../api-error.js';
import { codePoints, MaxCodePoints, MinCodePoints } from './code-points.js';
import { LimitedList } from './list-limit.js';
import { MAX_FIELDS, MAX_MEMBERS } from './sanitize-input.js';
import { validateDto } from './validate-dto.js';

class Contact {
  @IsString()
  phone: string;
}

class Group {
  @IsArray()
  @ArrayMaxSize(2)
  @ValidateNested({ each: true })
  @Type(() => Contact)
  @LimitedList(2, () => Contact)
  members: Contact[];
}

class Groups {
  @IsArray()
  @ArrayMaxSize(3)
  @ValidateNested({ each: true })
  @Type(() => Group)
  @LimitedList(3, () => Group)
  groups: Group[];
}

class Send {
  @IsString()
  @MinCodePoints(1)
  @MaxCodePoints(4)
  text: string;

  @IsOptional()
  @IsInt()
  @Max(10)
  priority = 5;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Contact)
  contacts?: Contact[];

  @IsOptional()
  extra?: unknown;
}

const faults = async (plain: unknown): Promise<unknown> => {
  try {
    await validateDto(Send, plain);
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, code: error.code, details: error.details };
    throw error;
  }
  throw new Error('nothing was refused');
};

const refused = (details: object): object => ({ status: 422, code: 'VALIDATION_ERROR', details });
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });

describe('validation', () => {
  it('makes an instance, with defaults, and ignores unknown fields', async () => {
    const send = await validateDto(Send, { text: 'hi', unknown: 1 });
    expect(send).toBeInstanceOf(Send);
    expect(send).toMatchObject({ text: 'hi', priority: 5 });
  });

  it('names every wrong field at once, members of arrays by their place', async () => {
    const contacts = [{ phone: '1' }, {}, { phone: '2' }, { phone: 4 }];
    expect(await faults({ text: '', priority: 11, contacts })).toEqual(
      refused({
        text: ['text must have at least 1 characters'],
        priority: ['priority must not be greater than 10'],
        'contacts.1.phone': ['phone must be a string'],
        'contacts.3.phone': ['phone must be a string'],
      }),
    );
  });

  it('names every broken rule of a field', async () => {
    expect(await faults({ text: 7 })).toMatchObject({
      details: { text: expect.arrayContaining(['text must be a string', 'text must have at least 1 characters']) },
    });
  });

  it.each([[undefined], [null], [{}]])('takes %j for an empty object', async (plain) => {
    expect(await faults(plain)).toMatchObject({ details: { text: expect.arrayContaining(['text must be a string']) } });
  });

  it.each([[[]], ['text'], [7]])('refuses %j, which is no object', async (plain) => {
    expect(await faults(plain)).toEqual(refused({ body: ['The body must be an object'] }));
  });

  it('may be nested 20 levels, not 21', async () => {
    expect((await validateDto(Send, { text: 'a', extra: nested(19) })).extra).toBeDefined();
    expect(await faults({ text: 'a', extra: nested(20) })).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: { [`extra${'.a'.repeat(19)}`]: ['must not be nested deeper than 20 levels'] },
    });
    const arrays: unknown = JSON.parse('['.repeat(5000) + ']'.repeat(5000));
    expect(await faults({ text: 'a', extra: arrays })).toMatchObject({ code: 'VALIDATION_ERROR' });
  });

  it('lets nothing reach a prototype', async () => {
    const plain: unknown = JSON.parse(
      '{"text":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"extra":{"__proto__":{"polluted":1},"prototype":1,"kept":1}}',
    );
    const send = await validateDto(Send, plain);
    expect(send).toBeInstanceOf(Send);
    expect(send.extra).toEqual({ kept: 1 });
    expect(Object.hasOwn(send.extra as object, '__proto__')).toBe(false);
    expect(Reflect.get(send, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it.each([
    ['a\0b', 'NUL'],
    ['\ud83d', 'half a surrogate pair'],
    ['\udc00a', 'the other half'],
  ])('refuses %j (%s), which Postgres cannot store, wherever it stands', async (text) => {
    const message = 'must not contain NUL or unpaired surrogate characters';
    expect(await faults({ text })).toEqual(refused({ text: [message] }));
    expect(await faults({ text: 'a', extra: { deep: ['b', text] } })).toEqual(refused({ 'extra.deep.1': [message] }));
    expect(await faults({ text: 'a', extra: { [text]: 1 } })).toEqual(
      refused({ extra: ['must not have names with NUL or unpaired surrogate characters'] }),
    );
  });

  it.each(['toString', 'hasOwnProperty', '__lookupGetter__'])('refuses them in a field named %s, too', async (name) => {
    const message = 'must not contain NUL or unpaired surrogate characters';
    expect(await faults({ text: 'a', [name]: 'a\0b' })).toEqual(refused({ [name]: [message] }));
  });

  it('says once what is wrong with the names of an object, however many they are', async () => {
    expect(await faults({ text: 'a', extra: { '\0a': 1, '\0b': 1, '\0c': 1 } })).toEqual(
      refused({ extra: ['must not have names with NUL or unpaired surrogate characters'] }),
    );
  });
});

describe('a long list', () => {
  /** Fails the test when anybody looks at it. */
  const untouchable = (): object =>
    Object.defineProperty({}, 'phone', {
      enumerable: true,
      get: () => {
        throw new Error('looked at');
      },
    });
  const contact = () => ({ phone: '1' });
  const faultsOf = async (plain: unknown): Promise<unknown> => {
    try {
      await validateDto(Groups, plain);
    } catch (error) {
      if (error instanceof ApiError) return error.details;
      throw error;
    }
    return {};
  };

  it('is refused for its length, before its members are looked at', async () => {
    const members = [contact(), contact(), contact(), ...Array.from({ length: 100_000 }, untouchable)];
    expect(await faultsOf({ groups: [{ members }] })).toEqual({
      'groups.0.members': ['members must contain no more than 2 elements'],
    });
    const group = () => ({ members: [contact(), contact()] });
    const groups = [group(), group(), group(), group(), ...Array.from({ length: 100_000 }, untouchable)];
    expect(await faultsOf({ groups })).toEqual({ groups: ['groups must contain no more than 3 elements'] });
    expect(await faultsOf({ groups: groups.slice(0, 3) })).toEqual({});
  });

  it(`may stand in a field that nobody reads, up to ${MAX_MEMBERS} members and objects in the body`, async () => {
    const body = (members: number) => ({ groups: [], unknown: Array.from({ length: members }, () => 0) });
    expect(await faultsOf(body(MAX_MEMBERS - 1))).toEqual({});
    expect(await faultsOf(body(MAX_MEMBERS))).toEqual({
      body: [`The body must not have more than ${MAX_MEMBERS} objects and members of lists`],
    });
    expect(await faultsOf({ groups: [], unknown: Array.from({ length: MAX_MEMBERS }, untouchable) })).toHaveProperty(
      'body',
    );
  });
});

describe('an object with many fields', () => {
  const fields = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`field_${index}`, index]));

  it(`is read up to ${MAX_FIELDS} of them, wherever it stands`, async () => {
    const words = [`must not have more than ${MAX_FIELDS} fields`];
    await expect(validateDto(Send, { text: 'abc', ...fields(MAX_FIELDS - 1) })).resolves.toBeInstanceOf(Send);
    expect(await faults({ text: 'abc', ...fields(MAX_FIELDS) })).toEqual(refused({ body: words }));
    await expect(validateDto(Send, { text: 'abc', extra: fields(MAX_FIELDS) })).resolves.toBeInstanceOf(Send);
    expect(await faults({ text: 'abc', extra: fields(MAX_FIELDS + 1) })).toEqual(refused({ extra: words }));
  });
});

describe('a length in code points', () => {
  it.each([
    ['', 0],
    ['abcd', 4],
    ['😀😀😀😀', 4],
    ['\u0645\u0631\u062d\u0628', 4],
    // A family of three, joined: five code points.
    ['👨‍👩‍👧', 5],
    ['e\u0301', 2],
    ['\ud83d', 1],
    ['\udc00\ud83d', 2],
  ])('%j has %i', (text, count) => {
    expect(codePoints(text)).toBe(count);
  });

  it('limits a text on both sides', async () => {
    expect((await validateDto(Send, { text: '😀😀😀😀' })).text).toBe('😀😀😀😀');
    expect((await validateDto(Send, { text: '😀' })).text).toBe('😀');
    expect(await faults({ text: '😀😀😀😀a' })).toEqual(
      refused({ text: ['text must not be longer than 4 characters'] }),
    );
    expect(await faults({ text: '' })).toEqual(refused({ text: ['text must have at least 1 characters'] }));
  });
});
