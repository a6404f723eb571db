import * as files from '../../src/media/testing/sample-files.js';
import type { ApiAnswer, FormFields } from '../support/api-client.js';
import { TestTenant } from '../support/tenant.js';
import { invalid, jpegPhoto, refused, type Photo } from './refusals.js';

const PHONE = '201001234567';

/** Requests that are wrong in themselves, whoever sends them. */
describe('POST /messages/media refuses', () => {
  let tenant: TestTenant;
  let photo: Photo;

  beforeAll(async () => {
    tenant = await TestTenant.create();
    photo = await jpegPhoto();
  });
  afterAll(() => tenant.close());

  describe('a form whose fields are wrong, naming each', () => {
    it('no fields at all', async () => {
      expect(Object.keys(await invalid(tenant, {})).sort()).toEqual(['media_file', 'media_type', 'phone']);
    });

    it('everything wrong at once', async () => {
      const named = await invalid(tenant, {
        phone: 'abc',
        media_type: 'gif',
        media_url: 'ftp://example.com/a.jpg',
        caption: 'x'.repeat(1025),
        filename: 'x'.repeat(256),
        contact_id: 'seven',
        'contact[email]': 'not an e-mail',
        'contact[groups]': '1;2',
        'contact[country]': 'Atlantis',
      });
      expect(Object.keys(named).sort()).toEqual([
        'caption',
        'contact.country',
        'contact.email',
        'contact.groups',
        'contact_id',
        'filename',
        'media_type',
        'media_url',
        'phone',
      ]);
    });

    it.each([
      ['phone', { phone: '1234567890123456' }],
      ['phone', { phone: '+20 (100) 123 - 4567 8' }],
      ['phone', { phone: '' }],
      ['contact_id', { contact_id: '0' }],
      ['contact_id', { contact_id: '-1' }],
      ['contact_id', { contact_id: '1.5' }],
      ['from', { from: 'x' }],
      ['from', { from: '999999999999999' }],
      ['caption', { caption: 'x'.repeat(1025) }],
      ['caption', { caption: `${'x'.repeat(1013)}@{contact_phone}` }],
      ['caption', { caption: '@{contact_first_name}'.repeat(50_000) }],
    ])('%s in %j', async (field, fields) => {
      expect(
        Object.keys(await invalid(tenant, { phone: PHONE, media_type: 'image', media_file: photo, ...fields })),
      ).toEqual([field]);
    });

    it('a caption for audio', async () => {
      const audio = { bytes: files.mp3(), name: 'a.mp3', type: 'audio/mpeg' };
      expect(
        await invalid(tenant, { phone: PHONE, media_type: 'audio', media_file: audio, caption: 'x' }),
      ).toHaveProperty('caption');
    });

    it('both a file and a URL, and neither', async () => {
      const both = { phone: PHONE, media_type: 'image', media_file: photo, media_url: 'https://example.com/a.jpg' };
      expect(Object.keys(await invalid(tenant, both))).toEqual(['media_url']);
      expect(Object.keys(await invalid(tenant, { phone: PHONE, media_type: 'image' }))).toEqual(['media_file']);
    });
  });

  describe('a file that is not what it should be', () => {
    it.each([
      [
        'an HTML page named .jpg',
        'image',
        'a.jpg',
        'image/jpeg',
        () => Buffer.from('<html><script>alert(1)</script></html>'),
      ],
      ['an empty file', 'image', 'a.jpg', 'image/jpeg', () => Buffer.alloc(0)],
      ['a GIF', 'image', 'a.gif', 'image/gif', () => files.gif()],
      ['a PNG named .jpg', 'image', 'a.jpg', 'image/jpeg', () => files.png()],
      ['a JPEG declared as PNG', 'image', 'a.jpg', 'image/png', () => files.jpeg()],
      ['a JPEG sent as video', 'video', 'a.jpg', 'image/jpeg', () => files.jpeg()],
      ['a file without extension', 'image', 'photo', 'image/jpeg', () => files.jpeg()],
      ['an executable sent as document', 'document', 'a.exe', 'application/pdf', () => Buffer.from('MZ\x90')],
      ['an animated WebP', 'image', 'a.webp', 'image/webp', () => files.animatedWebp()],
    ] as const)('%s', async (_what, media_type, name, type, make) => {
      const named = await invalid(tenant, {
        phone: PHONE,
        media_type,
        media_file: { bytes: await make(), name, type },
      });
      expect(Object.keys(named)).toEqual(['media_file']);
    });

    it('an image of one byte more than 5 MB; one of 5 MB is taken', async () => {
      const limit = 5 * 1024 * 1024;
      const of = (size: number): FormFields => ({
        phone: PHONE,
        media_type: 'image',
        media_file: { bytes: files.padded(photo.bytes, size), name: 'a.jpg', type: 'image/jpeg' },
      });
      expect(Object.keys(await invalid(tenant, of(limit + 1)))).toEqual(['media_file']);
      const taken = await tenant.api.sendMedia(of(limit), { prefer: 'respond-async' });
      expect(taken.status).toBe(200);
    });

    it('two files, and a file in the wrong field', async () => {
      const base = { phone: PHONE, media_type: 'image' };
      expect(Object.keys(await invalid(tenant, { ...base, media_file: [photo, photo] }))).toEqual(['media_file']);
      expect(Object.keys(await invalid(tenant, { ...base, picture: photo }))).toContain('picture');
    });
  });

  describe('a request that is no proper form', () => {
    const raw = (body: RequestInit['body'], type: string): Promise<ApiAnswer> =>
      refused(tenant, () =>
        tenant.api.request('POST', '/api/v2/messages/media', { body, headers: { 'content-type': type } }),
      );

    it('a multipart body cut short', async () => {
      const answer = await raw(
        '--b\r\nContent-Disposition: form-data; name="phone"\r\n\r\n2010',
        'multipart/form-data; boundary=b',
      );
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'VALIDATION_ERROR' } } });
    });

    it('multipart without a boundary', async () => {
      expect(await raw('x', 'multipart/form-data')).toMatchObject({ status: 422 });
    });

    it('malformed JSON', async () => {
      expect(await raw('{"phone":', 'application/json')).toMatchObject({
        status: 422,
        body: { error: { code: 'VALIDATION_ERROR' } },
      });
    });

    it('10,000 fields', async () => {
      const form = new FormData();
      for (let index = 0; index < 10_000; index++) form.append(`f${index}`, 'x');
      const answer = await refused(tenant, () => tenant.api.request('POST', '/api/v2/messages/media', { body: form }));
      expect(answer.status).toBe(422);
    });
  });
});
