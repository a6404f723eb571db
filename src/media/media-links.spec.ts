import { describe, expect, it } from '@jest/globals';
import { testSettings } from '../platform/http/testing/start-api.js';
import { MediaLinks, PUBLIC_ID } from './media-links.js';

describe('media links', () => {
  it('have ids that nobody can guess, and never the same twice', () => {
    const links = new MediaLinks(testSettings());
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
    expect(new MediaLinks(settings).url('x', 'a.jpg')).toBe('http://127.0.0.1:3000/media/x/a.jpg');
    settings.PUBLIC_URL = 'https://api.example.com/';
    expect(new MediaLinks(settings).url('x', 'a.jpg')).toBe('https://api.example.com/media/x/a.jpg');
    settings.MEDIA_PUBLIC_URL = 'https://media.example.com/files';
    expect(new MediaLinks(settings).url('x', 'صورة 1.jpg')).toBe(
      'https://media.example.com/files/media/x/%D8%B5%D9%88%D8%B1%D8%A9%201.jpg',
    );
  });
});
