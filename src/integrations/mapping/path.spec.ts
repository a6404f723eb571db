import fc from 'fast-check';
import { MAX_PATH_LENGTH, MAX_PATH_STEPS, parsePath, type PathStep, valueAt } from './path.js';

const plainName = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const anyName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const step: fc.Arbitrary<{ written: string; step: PathStep }> = fc.oneof(
  plainName.map((name) => ({ written: `.${name}`, step: { name } })),
  anyName.map((name) => ({ written: `['${name.replaceAll(/['\\]/g, String.raw`\$&`)}']`, step: { name } })),
  fc.nat(99_999).map((index) => ({ written: `[${index}]`, step: { index } })),
);

describe('a path', () => {
  it('is read as it was written, whatever its names', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
        const written = `$${steps.map((one) => one.written).join('')}`;
        fc.pre(written.length <= MAX_PATH_LENGTH);
        expect(parsePath(written)).toEqual({ path: steps.map((one) => one.step) });
      }),
    );
  });

  it('is read or refused, whatever the text; nothing throws, and nothing but JSON values is found', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...`$.[]'\\{}ab_09`) }).map((end) => `$${end}`),
    );
    fc.assert(
      fc.property(text, fc.jsonValue(), (written, payload) => {
        const parsed = parsePath(written);
        if ('error' in parsed) expect(parsed.error.length).toBeGreaterThan(0);
        else expect(typeof valueAt(payload, parsed.path)).not.toBe('function');
      }),
      { numRuns: 2000 },
    );
  });

  it('leads to every member of every payload', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const payload: unknown = JSON.parse(JSON.stringify(value));
        for (const { path, leaf } of membersOf(payload, [])) expect(valueAt(payload, path)).toBe(leaf);
      }),
    );
  });

  it.each([
    '',
    'a',
    '.a',
    '$a',
    '$.',
    '$..a',
    '$.a.',
    '$[',
    '$[]',
    '$[a]',
    '$[-1]',
    '$[1.5]',
    "$['']",
    "$['a",
    `$["a"]`,
    '$[*]',
    '$.*',
    '$[?(@.a)]',
    '$.a b',
    '$.a()',
    '$[100000]',
    "$['a'",
  ])('%j is none', (text) => {
    expect(parsePath(text)).toEqual({ error: expect.any(String) as unknown });
  });

  it(`has at most ${MAX_PATH_STEPS} steps and ${MAX_PATH_LENGTH} characters`, () => {
    expect(parsePath(`$${'.a'.repeat(MAX_PATH_STEPS)}`)).toHaveProperty('path');
    expect(parsePath(`$${'.a'.repeat(MAX_PATH_STEPS + 1)}`)).toEqual({ error: 'must not have more than 20 steps' });
    expect(parsePath(`$.${'a'.repeat(MAX_PATH_LENGTH - 2)}`)).toHaveProperty('path');
    expect(parsePath(`$.${'a'.repeat(MAX_PATH_LENGTH - 1)}`)).toEqual({
      error: 'must not be longer than 300 characters',
    });
  });

  it.each([
    '$.constructor',
    '$.__proto__',
    '$.toString',
    '$.list.length',
    '$.text.length',
    '$.text[0]',
    '$.list.map',
    "$['hasOwnProperty']",
  ])('%s finds nothing that JavaScript gives', (text) => {
    const parsed = parsePath(text);
    expect('path' in parsed && valueAt({ list: [1], text: 'abc' }, parsed.path)).toBeUndefined();
  });

  it("finds a payload's own member, however it is called", () => {
    const payload: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
    expect(valueAt(payload, [{ name: '__proto__' }, { name: 'a' }])).toBe(1);
    expect(valueAt(payload, [{ name: 'constructor' }])).toBe(2);
  });
});

function membersOf(value: unknown, path: PathStep[]): { path: PathStep[]; leaf: unknown }[] {
  if (Array.isArray(value)) return value.flatMap((member, index) => membersOf(member, [...path, { index }]));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) => membersOf(member, [...path, { name }]));
  }
  return [{ path, leaf: value }];
}
