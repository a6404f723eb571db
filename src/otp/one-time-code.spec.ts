import { Encryption } from '../platform/crypto/encryption.js';
import { Settings } from '../platform/config/settings.js';
import { CodeHashes, type CodePlace } from './code-hashes.js';
import { CODE, randomCode } from './one-time-code.js';

const [OLD, NEW] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));

const hashesWith = (keys: Partial<Settings>): CodeHashes =>
  new CodeHashes(new Encryption(Object.assign(new Settings(), keys)));

const PLACE: CodePlace = { tenantId: 7, phone: '201000000000', purpose: 'login', id: 'one' };

describe('a random code', () => {
  it.each([4, 6, 15])('has %d digits, and is a code', (digits) => {
    expect(randomCode(digits)).toMatch(new RegExp(`^\\d{${digits}}$`));
    expect(randomCode(digits)).toMatch(CODE);
  });

  it('has every digit in every place', () => {
    const seen = Array.from({ length: 4 }, () => new Set<string>());
    for (let count = 0; count < 1000; count += 1) [...randomCode(4)].forEach((digit, place) => seen[place]?.add(digit));
    expect(seen.map(({ size }) => size)).toEqual([10, 10, 10, 10]);
  });
});

describe('the hash of a code', () => {
  const hashes = hashesWith({ ENCRYPTION_KEY: OLD, ENCRYPTION_KEY_ID: 'old' });
  const hash = hashes.of(PLACE, '483927');

  it('fits the code, and no other', () => {
    expect(hashes.matches(PLACE, '483927', hash)).toBe(true);
    for (const other of ['483928', '48392', '4839270', '']) expect(hashes.matches(PLACE, other, hash)).toBe(false);
    expect(hashes.matches(PLACE, '483927', '')).toBe(false);
    expect(hash).not.toContain('483927');
  });

  it.each<[string, Partial<CodePlace>]>([
    ['tenant', { tenantId: 8 }],
    ['phone', { phone: '201000000001' }],
    ['purpose', { purpose: 'payment' }],
    ['id', { id: 'two' }],
  ])('fits no other %s', (_what, other) => {
    expect(hashes.matches({ ...PLACE, ...other }, '483927', hash)).toBe(false);
    expect(hashes.of({ ...PLACE, ...other }, '483927')).not.toBe(hash);
  });

  it('means nothing without the key, and is known after a rotation of it', () => {
    const stranger = hashesWith({ ENCRYPTION_KEY: NEW, ENCRYPTION_KEY_ID: 'new' });
    expect(stranger.of(PLACE, '483927')).not.toBe(hash);
    expect(stranger.matches(PLACE, '483927', hash)).toBe(false);
    const rotated = hashesWith({
      ENCRYPTION_KEY: NEW,
      ENCRYPTION_KEY_ID: 'new',
      ENCRYPTION_PREVIOUS_KEYS: `old:${OLD}`,
    });
    expect(rotated.matches(PLACE, '483927', hash)).toBe(true);
  });
});
