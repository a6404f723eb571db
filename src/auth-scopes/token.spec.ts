import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateToken, hashToken, isTokenShaped } from './token.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('an access token', () => {
  it('is rasl_, 40 random characters and 6 of checksum; its hash is SHA-256, its hint does not give it away', () => {
    const { token, hash, hint } = generateToken();
    expect(token).toMatch(/^rasl_[0-9A-Za-z]{46}$/);
    expect(hash).toEqual(createHash('sha256').update(token).digest());
    expect(hashToken(token)).toEqual(hash);
    expect(hint).toBe(`${token.slice(0, 9)}…${token.slice(-4)}`);
    expect(isTokenShaped(token)).toBe(true);
  });

  it('is never the same twice', () => {
    expect(new Set(Array.from({ length: 200 }, () => generateToken().token)).size).toBe(200);
  });

  it('has a checksum that other programs can compute: CRC-32 in base62, most significant digit first', () => {
    const random = '0'.repeat(40);
    let crc = 0xffffffff;
    for (const byte of Buffer.from(random)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    let rest = (crc ^ 0xffffffff) >>> 0;
    let digits = '';
    for (let place = 0; place < 6; place++) {
      digits = BASE62.charAt(rest % 62) + digits;
      rest = Math.floor(rest / 62);
    }
    expect(isTokenShaped(`rasl_${random}${digits}`)).toBe(true);
  });

  it('is refused when any one character is another', () => {
    fc.assert(
      fc.property(fc.nat({ max: 45 }), fc.constantFrom(...BASE62), (place, character) => {
        const { token } = generateToken();
        const index = 5 + place;
        fc.pre(token[index] !== character);
        expect(isTokenShaped(token.slice(0, index) + character + token.slice(index + 1))).toBe(false);
      }),
    );
  });

  it('is refused in any other form', () => {
    const { token } = generateToken();
    for (const text of [
      '',
      'rasl_',
      token.slice(1),
      `${token}0`,
      token.slice(0, -1),
      token.toUpperCase(),
      ` ${token}`,
      `${token}\n`,
    ]) {
      expect(isTokenShaped(text)).toBe(false);
    }
    fc.assert(fc.property(fc.string(), (text) => !isTokenShaped(text)));
  });
});
