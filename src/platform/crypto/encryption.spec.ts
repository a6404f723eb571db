import { Settings } from '../config/settings.js';
import { DecryptionError, Encryption } from './encryption.js';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const encryption = (settings: Partial<Settings>): Encryption => new Encryption(Object.assign(new Settings(), settings));

describe('Encryption', () => {
  const current = encryption({ ENCRYPTION_KEY: key(1), ENCRYPTION_KEY_ID: 'k1' });

  it('opens what it sealed', () => {
    const sealed = current.encrypt('EAAB…token', 'whatsapp_accounts.access_token');
    expect(sealed.toString('latin1')).not.toContain('token');
    expect(current.decrypt(sealed, 'whatsapp_accounts.access_token')).toBe('EAAB…token');
  });

  it('never seals the same text the same way twice', () => {
    expect(current.encrypt('a', 'c').equals(current.encrypt('a', 'c'))).toBe(false);
  });

  it('does not open a value that was copied into another column', () => {
    const sealed = current.encrypt('secret', 'whatsapp_apps.app_secret');
    expect(() => current.decrypt(sealed, 'whatsapp_apps.verify_token')).toThrow(DecryptionError);
  });

  it('does not open a value of which any byte was changed', () => {
    const sealed = current.encrypt('secret', 'c');
    for (let index = 0; index < sealed.length; index++) {
      const altered = Buffer.from(sealed);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expect(() => current.decrypt(altered, 'c')).toThrow(DecryptionError);
    }
  });

  it('opens with an earlier key after a rotation, and seals with the new one', () => {
    const old = current.encrypt('secret', 'c');
    const rotated = encryption({
      ENCRYPTION_KEY: key(2),
      ENCRYPTION_KEY_ID: 'k2',
      ENCRYPTION_PREVIOUS_KEYS: `k1:${key(1)}`,
    });
    expect(rotated.decrypt(old, 'c')).toBe('secret');
    expect(() => current.decrypt(rotated.encrypt('secret', 'c'), 'c')).toThrow('No encryption key with id "k2"');
  });

  it.each([Buffer.alloc(0), Buffer.from([2]), Buffer.from('k'), Buffer.alloc(40)])('refuses %p', (bytes) => {
    expect(() => current.decrypt(bytes, 'c')).toThrow(DecryptionError);
  });
});
