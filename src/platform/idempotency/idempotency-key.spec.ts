import { keyHashOf } from './idempotency-key.js';

/** A header's value as Node hands it over: each byte a character. */
const asHeader = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('an Idempotency-Key', () => {
  it.each(['k', 'k'.repeat(255), '😀'.repeat(255), 'مفتاح'])('of 1 to 255 characters is taken', (key) => {
    expect(keyHashOf(asHeader(key))).toHaveLength(32);
  });

  it.each(['', 'k'.repeat(256), '😀'.repeat(256)])('of none or 256 is refused', (key) => {
    let thrown: unknown;
    try {
      keyHashOf(asHeader(key));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ status: 422, details: { 'Idempotency-Key': [expect.any(String)] } });
  });

  it('is told by its bytes', () => {
    expect(keyHashOf('a').equals(keyHashOf('a'))).toBe(true);
    expect(keyHashOf('a').equals(keyHashOf('A'))).toBe(false);
    // Neither is UTF-8, and both would be read as the same replacement character.
    expect(keyHashOf('\xfe').equals(keyHashOf('\xff'))).toBe(false);
  });
});
