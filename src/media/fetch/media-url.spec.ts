import { describe, expect, it } from '@jest/globals';
import { AllowedHosts } from '../../platform/public-hosts/allowed-hosts.js';
import { parseMediaUrl } from './media-url.js';

const none = new AllowedHosts('');

describe('a media_url', () => {
  it.each([
    'https://example.com/photo.jpg',
    'http://example.com/photo.jpg',
    'HTTPS://EXAMPLE.COM/photo.jpg',
    'https://example.com:443/a',
    'http://example.com:8080/a?b=c#d',
    'https://example.com:1024/a',
    'https://bücher.example/عرض.pdf',
  ])('may be %s', (text) => {
    expect(parseMediaUrl(text, none).protocol).toMatch(/^https?:$/);
  });

  it('has at most 2,048 characters', () => {
    const start = 'https://example.com/';
    expect(parseMediaUrl(start + 'a'.repeat(2048 - start.length), none).hostname).toBe('example.com');
    expect(() => parseMediaUrl(start + 'a'.repeat(2049 - start.length), none)).toThrow('2048');
  });

  it('of a redirect may be relative', () => {
    const base = new URL('https://example.com/a/b');
    expect(parseMediaUrl('../c.jpg', none, base).href).toBe('https://example.com/c.jpg');
    expect(parseMediaUrl('//other.example/c', none, base).href).toBe('https://other.example/c');
  });

  it.each([
    ['', 'The URL is not valid.'],
    ['photo.jpg', 'The URL is not valid.'],
    ['http://', 'The URL is not valid.'],
    ['https://exa mple.com/', 'The URL is not valid.'],
    ['http://[::1', 'The URL is not valid.'],
    ['ftp://example.com/a', 'The URL must begin with http:// or https://.'],
    ['file:///etc/passwd', 'The URL must begin with http:// or https://.'],
    ['data:image/png;base64,AAAA', 'The URL must begin with http:// or https://.'],
    ['gopher://example.com/', 'The URL must begin with http:// or https://.'],
    ['https://user@example.com/a', 'The URL must not contain a user name or password.'],
    ['https://user:secret@example.com/a', 'The URL must not contain a user name or password.'],
    ['http://example.com:22/a', 'The URL must not use port 22.'],
    ['http://example.com:25/a', 'The URL must not use port 25.'],
    ['http://example.com:1023/a', 'The URL must not use port 1023.'],
  ])('is refused: %s', (text, reason) => {
    expect(() => parseMediaUrl(text, none)).toThrow(reason);
  });
});

describe('MEDIA_URL_ALLOW', () => {
  const allowed = new AllowedHosts(' media.internal , 127.0.0.1:8081,[::1]:9000,');
  it.each([
    ['http://media.internal/a', true],
    ['http://MEDIA.internal:9999/a', true],
    ['http://127.0.0.1:8081/a', true],
    ['http://127.0.0.1:8082/a', false],
    ['http://127.0.0.1/a', false],
    ['http://[::1]:9000/a', true],
    ['http://other.internal/a', false],
    ['http://sub.media.internal/a', false],
  ])('%s: %s', (text, exempt) => {
    expect(allowed.allows(new URL(text))).toBe(exempt);
  });

  it('allows nothing when it is empty', () => {
    expect(none.allows(new URL('http://127.0.0.1/'))).toBe(false);
  });
});
