import * as crypto from 'node:crypto';
import { jest } from '@jest/globals';
import { Settings } from '../platform/config/settings.js';

const compare = jest.fn<typeof crypto.timingSafeEqual>();
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, timingSafeEqual: compare }));

const { Encryption } = await import('../platform/crypto/encryption.js');
const { CodeHashes } = await import('./code-hashes.js');

const PLACE = { tenantId: 7, phone: '201000000000', purpose: 'login', id: 'one' };

/** No clock: what counts is that Node's comparison alone decides, and is given the whole of both digests. */
describe('a code and its hash', () => {
  const settings = Object.assign(new Settings(), { ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64') });
  const hashes = new CodeHashes(new Encryption(settings));
  const hash = hashes.of(PLACE, '483927');

  it.each([
    ['the right code', '483927'],
    ['a wrong one', '483928'],
    ['a shorter one', '4839'],
    ['one that is wrong from its start', '983927000000000'],
  ])('are compared in constant time: %s', (_what, code) => {
    for (const answer of [true, false]) {
      compare.mockReset().mockReturnValue(answer);
      expect(hashes.matches(PLACE, code, hash)).toBe(answer);
      expect(compare.mock.calls.map((digests) => digests.map(({ byteLength }) => byteLength))).toEqual([[32, 32]]);
    }
  });
});
