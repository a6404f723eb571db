import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { displayName, extensionOf, extensionOfUrlName, MAX_NAME_BYTES, withoutExtension } from './file-names.js';

const asJpeg = (name: string): string => displayName(name, ['jpg', 'jpeg'], 'image');

describe('the display name of a file', () => {
  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['Photo.JPG', 'Photo.jpg'],
    ['holiday.photo.jpeg', 'holiday.photo.jpeg'],
    ['صورة العائلة.jpg', 'صورة العائلة.jpg'],
    ['写真.jpg', '写真.jpg'],
    ['نیم\u200cفاصله.jpg', 'نیم\u200cفاصله.jpg'],
    ['👩\u200d💻.jpg', '👩\u200d💻.jpg'],
    ['cafe\u0301.jpg', 'café.jpg'],
  ])('keeps %j as %j', (given, shown) => {
    expect(asJpeg(given)).toBe(shown);
  });

  it.each([
    ['../../etc/passwd.jpg', 'passwd.jpg'],
    ['C:\\Users\\Mona\\photo.jpg', 'photo.jpg'],
    ['/absolute/photo.jpg', 'photo.jpg'],
    ['a\\b/c.jpg', 'c.jpg'],
    ['photo.jpg/', 'image.jpg'],
  ])('has no path parts: %j becomes %j', (given, shown) => {
    expect(asJpeg(given)).toBe(shown);
  });

  it.each([
    ['pho\0to.jpg', 'photo.jpg'],
    ['pho\r\nto.jpg', 'photo.jpg'],
    ['pho\x7f\x9fto.jpg', 'photo.jpg'],
    ['\u202egpj.exe', 'gpj.exe.jpg'],
    ['invoice\u202efdp.jpg', 'invoicefdp.jpg'],
    ['\u2066photo\u2069.jpg', 'photo.jpg'],
    ['\u200fphoto\u200e.jpg', 'photo.jpg'],
    ['\ufeffphoto.jpg', 'photo.jpg'],
    ['line\u2028break.jpg', 'linebreak.jpg'],
    ['lone\ud800surrogate.jpg', 'lonesurrogate.jpg'],
    ['undecodable\ufffd.jpg', 'undecodable.jpg'],
  ])('has no invisible or reordering characters: %j becomes %j', (given, shown) => {
    expect(asJpeg(given)).toBe(shown);
  });

  it.each([
    ['CON.jpg', '_CON.jpg'],
    ['nul.jpg', '_nul.jpg'],
    ['com1.jpg', '_com1.jpg'],
    ['LPT9.tar.jpg', '_LPT9.tar.jpg'],
    ['console.jpg', 'console.jpg'],
    ['com10.jpg', 'com10.jpg'],
  ])('is no device of Windows: %j becomes %j', (given, shown) => {
    expect(asJpeg(given)).toBe(shown);
  });

  it.each([
    ['', 'image.jpg'],
    ['.', 'image.jpg'],
    ['...', 'image.jpg'],
    ['   ', 'image.jpg'],
    ['.jpg', 'jpg.jpg'],
    ['.htaccess', 'htaccess.jpg'],
    ['photo.jpg...', 'photo.jpg'],
    ['  photo .jpg ', 'photo.jpg'],
    ['a<b>:"c|d?e*.jpg', 'a_b___c_d_e_.jpg'],
    ['two  \t spaces.jpg', 'two spaces.jpg'],
  ])('can be saved anywhere: %j becomes %j', (given, shown) => {
    expect(asJpeg(given)).toBe(shown);
  });

  it.each([
    ['photo', 'photo.jpg'],
    ['photo.png', 'photo.png.jpg'],
    ['photo.php.jpg', 'photo.php.jpg'],
    ['report v1.2', 'report v1.2.jpg'],
  ])('ends in an extension that fits the content: %j becomes %j', (given, shown) => {
    expect(asJpeg(given)).toBe(shown);
  });

  it('keeps 255 bytes and cuts the 256th, before the extension', () => {
    expect(asJpeg(`${'a'.repeat(251)}.jpg`)).toBe(`${'a'.repeat(251)}.jpg`);
    expect(asJpeg(`${'a'.repeat(252)}.jpg`)).toBe(`${'a'.repeat(251)}.jpg`);
    expect(asJpeg(`${'ص'.repeat(125)}.jpg`)).toBe(`${'ص'.repeat(125)}.jpg`);
    // 251 bytes are left: 125 letters of two bytes; half a letter is never kept.
    expect(asJpeg(`${'ص'.repeat(126)}.jpg`)).toBe(`${'ص'.repeat(125)}.jpg`);
    expect(asJpeg(`${'😀'.repeat(255)}.jpg`)).toBe(`${'😀'.repeat(62)}.jpg`);
  });

  it('is safe whatever the client sends', () => {
    const text = fc.string({ unit: 'binary', maxLength: 600 });
    const nasty = fc.stringMatching(/^[./\\:*?"<>| a-z0-9\t\r\n\u202a-\u202e]{0,300}$/u);
    fc.assert(
      fc.property(fc.oneof(text, nasty), (given) => {
        const name = asJpeg(given);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
        expect(name).toMatch(/^[^./\\\s][^/\\]*\.(jpg|jpeg)$/su);
        expect(name).not.toMatch(/[<>:"|?*\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect(asJpeg(name)).toBe(name);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the extension of a name', () => {
  it.each([
    ['photo.jpg', 'jpg'],
    ['PHOTO.JPEG', 'jpeg'],
    ['a.tar.gz', 'gz'],
    ['photo', ''],
    ['.jpg', ''],
    ['photo.', ''],
    ['photo.jpg.', 'jpg'],
    ['photo.jpg\0', 'jpg'],
    ['photo.jpg/..', ''],
    ['photo.j pg', ''],
    ['video.3gp', '3gp'],
  ])('of %j is %j', (name, extension) => {
    expect(extensionOf(name)).toBe(extension);
  });

  it('of a script in a URL counts as none', () => {
    expect(extensionOfUrlName('image.php')).toBe('');
    expect(extensionOfUrlName('image.ASPX')).toBe('');
    expect(extensionOfUrlName('image.exe')).toBe('exe');
  });

  it('can be taken off', () => {
    expect(withoutExtension('photo.webp', ['webp'])).toBe('photo');
    expect(withoutExtension('photo.WEBP', ['webp'])).toBe('photo');
    expect(withoutExtension('photo.jpg', ['webp'])).toBe('photo.jpg');
  });
});
