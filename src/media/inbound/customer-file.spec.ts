import { createHash } from 'node:crypto';
import { customerFile, isSameHash } from './customer-file.js';

describe("a customer's file", () => {
  it.each([
    ['image/jpeg', null, 'image', { mimeType: 'image/jpeg', filename: 'image.jpg', extension: 'jpg' }],
    ['audio/ogg; codecs=opus', null, 'audio', { mimeType: 'audio/ogg', filename: 'audio.oga', extension: 'oga' }],
    ['image/webp', null, 'sticker', { mimeType: 'image/webp', filename: 'sticker.webp', extension: 'webp' }],
    [
      'Application/PDF',
      'Bill 7.pdf',
      'document',
      { mimeType: 'application/pdf', filename: 'Bill 7.pdf', extension: 'pdf' },
    ],
    [
      'application/pdf',
      'bill.exe',
      'document',
      { mimeType: 'application/pdf', filename: 'bill.exe.pdf', extension: 'pdf' },
    ],
    ['application/octet-stream', 'plan.dwg', 'document', { filename: 'plan.dwg', extension: 'dwg' }],
    ['nonsense', 'a', 'document', { mimeType: 'application/octet-stream', filename: 'a.bin', extension: 'bin' }],
    ['text/html\r\nX-Evil: 1', 'x', 'document', { mimeType: 'application/octet-stream' }],
    [null, '../../etc/passwd', 'document', { filename: 'passwd.bin', extension: 'bin' }],
  ])('of type %j, named %j, is kept as', (mimeType, filename, type, expected) => {
    expect(customerFile(mimeType, filename, type)).toMatchObject(expected);
  });

  it('is the one that WhatsApp means by its hash, in hex or Base64', () => {
    const hash = createHash('sha256').update('a').digest();
    expect(
      [hash.toString('hex'), hash.toString('hex').toUpperCase(), hash.toString('base64')].map((written) =>
        isSameHash(written, hash),
      ),
    ).toEqual([true, true, true]);
    expect(isSameHash(createHash('sha256').update('b').digest('hex'), hash)).toBe(false);
  });
});
