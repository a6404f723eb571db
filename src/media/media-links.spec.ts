import { describe, expect, it } from '@jest/globals';
import { testSettings } from '../platform/http/testing/start-api.js';
import type { Settings } from '../platform/config/settings.js';
import { Encryption } from '../platform/crypto/encryption.js';
import { MediaLinks, PUBLIC_ID, SIGNED_S } from './media-links.js';

const linksWith = (settings: Settings): MediaLinks => new MediaLinks(settings, new Encryption(settings));

describe('media links', () => {
  it('have ids that nobody can guess, and never the same twice', () => {
    const links = linksWith(testSettings());
    const ids = Array.from({ length: 2000 }, () => links.newPublicId());
    for (const id of ids) expect(id).toMatch(PUBLIC_ID);
    expect(new Set(ids).size).toBe(ids.length);
    // Every one of the 62 characters occurs about as often: 48,000 draws, 774 each on average.
    const counts = new Map<string, number>();
    for (const character of ids.join('')) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 774)).toBeLessThan(250);
  });

  it('stand under MEDIA_PUBLIC_URL, else PUBLIC_URL, else where the API listens', () => {
    const settings = testSettings();
    settings.HOST = '127.0.0.1';
    settings.PORT = 3000;
    expect(linksWith(settings).url('x', 'a.jpg')).toBe('http://127.0.0.1:3000/media/x/a.jpg');
    settings.PUBLIC_URL = 'https://api.example.com/';
    expect(linksWith(settings).url('x', 'a.jpg')).toBe('https://api.example.com/media/x/a.jpg');
    settings.MEDIA_PUBLIC_URL = 'https://media.example.com/files';
    expect(linksWith(settings).url('x', 'صورة 1.jpg')).toBe(
      'https://media.example.com/files/media/x/%D8%B5%D9%88%D8%B1%D8%A9%201.jpg',
    );
  });

  describe('signed', () => {
    const NOW = 1_800_000_000_500;
    const ID = 'A'.repeat(24);
    const signed = (links: MediaLinks): [string | null, string | null] => {
      const { searchParams } = new URL(links.signedUrl(ID, 'صورة 1.jpg', NOW));
      return [searchParams.get('expires'), searchParams.get('signature')];
    };

    it('live for 15 minutes, and not a second longer', () => {
      const links = linksWith(testSettings());
      const parameters = signed(links);
      expect(parameters[0]).toBe(String(1_800_000_000 + SIGNED_S));
      expect(links.secondsLeft(ID, ...parameters, NOW)).toBe(900);
      expect(links.secondsLeft(ID, ...parameters, NOW + 899_000)).toBe(1);
      expect(links.secondsLeft(ID, ...parameters, NOW + 900_000)).toBeNull();
    });

    it('are worth nothing when anything in them was changed', () => {
      const links = linksWith(testSettings());
      const [expires = '', signature = ''] = signed(links) as [string, string];
      const altered = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      expect([
        links.secondsLeft('B'.repeat(24), expires, signature, NOW),
        links.secondsLeft(ID, String(Number(expires) + 1), signature, NOW),
        links.secondsLeft(ID, expires, altered, NOW),
        links.secondsLeft(ID, expires, '', NOW),
        links.secondsLeft(ID, [expires, expires], signature, NOW),
        links.secondsLeft(ID, undefined, undefined, NOW),
        links.secondsLeft(ID, '1e12', signature, NOW),
      ]).toEqual([null, null, null, null, null, null, null]);
    });

    it('outlive a rotation of the key as long as the earlier key is configured', () => {
      const before = testSettings();
      const parameters = signed(linksWith(before));
      const after = testSettings();
      after.ENCRYPTION_KEY_ID = 'new';
      after.ENCRYPTION_KEY = Buffer.alloc(32, 9).toString('base64');
      expect(linksWith(after).secondsLeft(ID, ...parameters, NOW)).toBeNull();
      after.ENCRYPTION_PREVIOUS_KEYS = `${before.ENCRYPTION_KEY_ID}:${before.ENCRYPTION_KEY}`;
      expect(linksWith(after).secondsLeft(ID, ...parameters, NOW)).toBe(900);
    });
  });
});
