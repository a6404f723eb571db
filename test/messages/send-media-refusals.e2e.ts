import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as files from '../../src/media/testing/sample-files.js';
import type { ApiAnswer, FormFields } from '../support/api-client.js';
import { TestTenant } from '../support/tenant.js';

const PHONE = '201001234567';

/** Every way in which a media message is refused, and that nothing of it stays. */
describe('POST /messages/media refuses', () => {
  let tenant: TestTenant;
  let photo: { bytes: Buffer; name: string; type: string };

  beforeAll(async () => {
    tenant = await TestTenant.create();
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  });
  afterAll(() => tenant.close());

  const rowsOf = async (of: TestTenant): Promise<unknown> => {
    const [counts] = await of.rows(
      `SELECT (SELECT count(*)::int FROM messages WHERE tenant_id = $1) AS messages,
              (SELECT count(*)::int FROM contacts WHERE tenant_id = $1) AS contacts,
              (SELECT count(*)::int FROM chats WHERE tenant_id = $1) AS chats,
              (SELECT count(*)::int FROM media_files WHERE tenant_id = $1) AS files,
              (SELECT count(*)::int FROM media_links WHERE tenant_id = $1) AS links,
              (SELECT contact_count FROM tenants WHERE id = $1) AS counted,
              (SELECT coalesce(sum(conversations), 0)::int FROM tenant_usage WHERE tenant_id = $1) AS conversations`,
      [of.id],
    );
    return counts;
  };

  /** Files of this tenant in the store: their names begin with the tenant. */
  const storedFiles = async (of: TestTenant): Promise<string[]> => {
    const root = process.env.E2E_MEDIA_DIR ?? '';
    const names = await readdir(root, { recursive: true, withFileTypes: true });
    return names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
      .filter((path) => path.includes(`/${of.id}-`));
  };

  const refused = async (of: TestTenant, send: () => Promise<ApiAnswer>): Promise<ApiAnswer> => {
    const before = { rows: await rowsOf(of), files: await storedFiles(of) };
    const answer = await send();
    expect(answer.body.success).toBe(false);
    expect({ rows: await rowsOf(of), files: await storedFiles(of) }).toEqual(before);
    return answer;
  };

  const details = async (fields: FormFields): Promise<Record<string, unknown>> => {
    const answer = await refused(tenant, () => tenant.api.sendMedia(fields));
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status: 422, code: 'VALIDATION_ERROR' });
    return answer.body.error?.details ?? {};
  };

  describe('a form whose fields are wrong, naming each', () => {
    it('no fields at all', async () => {
      expect(Object.keys(await details({})).sort()).toEqual(['media_file', 'media_type', 'phone']);
    });

    it('everything wrong at once', async () => {
      const named = await details({
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
      expect(Object.keys(await details({ phone: PHONE, media_type: 'image', media_file: photo, ...fields }))).toEqual([
        field,
      ]);
    });

    it('a caption for audio', async () => {
      const audio = { bytes: files.mp3(), name: 'a.mp3', type: 'audio/mpeg' };
      expect(await details({ phone: PHONE, media_type: 'audio', media_file: audio, caption: 'x' })).toHaveProperty(
        'caption',
      );
    });

    it('both a file and a URL, and neither', async () => {
      const both = { phone: PHONE, media_type: 'image', media_file: photo, media_url: 'https://example.com/a.jpg' };
      expect(Object.keys(await details(both))).toEqual(['media_url']);
      expect(Object.keys(await details({ phone: PHONE, media_type: 'image' }))).toEqual(['media_file']);
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
      const named = await details({ phone: PHONE, media_type, media_file: { bytes: await make(), name, type } });
      expect(Object.keys(named)).toEqual(['media_file']);
    });

    it('an image of one byte more than 5 MB; one of 5 MB is taken', async () => {
      const limit = 5 * 1024 * 1024;
      const of = (size: number): FormFields => ({
        phone: PHONE,
        media_type: 'image',
        media_file: { bytes: files.padded(photo.bytes, size), name: 'a.jpg', type: 'image/jpeg' },
      });
      expect(Object.keys(await details(of(limit + 1)))).toEqual(['media_file']);
      const taken = await tenant.api.sendMedia(of(limit), { prefer: 'respond-async' });
      expect(taken.status).toBe(200);
    });

    it('two files, and a file in the wrong field', async () => {
      const base = { phone: PHONE, media_type: 'image' };
      expect(Object.keys(await details({ ...base, media_file: [photo, photo] }))).toEqual(['media_file']);
      expect(Object.keys(await details({ ...base, picture: photo }))).toContain('picture');
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

  describe('a message that may not be sent', () => {
    it('to a contact that is not there, or is another tenant’s: 404', async () => {
      const other = await TestTenant.create({ withoutNumber: true });
      const foreign = await other.insertContact({ phone: PHONE });
      for (const contact_id of [foreign, 2_147_483_647, 2_147_483_648, 99_999_999_999_999]) {
        const answer = await refused(tenant, () =>
          tenant.api.sendMedia({ contact_id, media_type: 'image', media_file: photo }),
        );
        expect(answer).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
      }
      await other.close();
    });

    it('to a contact with another phone', async () => {
      const contact_id = await tenant.insertContact({ phone: '201112223334' });
      expect(await details({ contact_id, phone: PHONE, media_type: 'image', media_file: photo })).toHaveProperty(
        'contact_id',
      );
    });

    it('to a contact that opted out', async () => {
      await tenant.insertContact({ phone: '201112223335', is_opted_out: true });
      const answer = await refused(tenant, () =>
        tenant.api.sendMedia({ phone: '201112223335', media_type: 'image', media_file: photo }),
      );
      expect(answer).toMatchObject({ status: 403, body: { error: { code: 'CONTACT_OPTED_OUT' } } });
    });

    it('to a new phone without default status, source and assignee', async () => {
      const bare = await TestTenant.create({ withoutDefaults: true });
      const answer = await refused(bare, () =>
        bare.api.sendMedia({ phone: PHONE, media_type: 'image', media_file: photo }),
      );
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'VALIDATION_ERROR' } } });
      await bare.close();
    });

    it('without a connected number', async () => {
      const bare = await TestTenant.create({ withoutNumber: true });
      const answer = await refused(bare, () =>
        bare.api.sendMedia({ phone: PHONE, media_type: 'image', media_file: photo }),
      );
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'WHATSAPP_NOT_CONFIGURED' } } });
      await bare.close();
    });

    it('from a paused number, saying why', async () => {
      const paused = await TestTenant.create();
      await paused.rows(
        `UPDATE phone_numbers SET paused_at = now(), paused_reason = 'The access token has expired' WHERE id = $1`,
        [paused.numberId],
      );
      const answer = await refused(paused, () =>
        paused.api.sendMedia({ phone: PHONE, media_type: 'image', media_file: photo }),
      );
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'WHATSAPP_NOT_CONFIGURED' } } });
      expect(answer.body.error?.message).toContain('The access token has expired');
      await paused.close();
    });

    it('into a closed service window when the tenant wants that', async () => {
      const strict = await TestTenant.create({ settings: { enforce_service_window: true } });
      const answer = await refused(strict, () =>
        strict.api.sendMedia({ phone: PHONE, media_type: 'image', media_file: photo }),
      );
      expect(answer).toMatchObject({ status: 422, body: { error: { code: 'SERVICE_WINDOW_CLOSED' } } });
      await strict.close();
    });

    it('over the plan’s contacts: with room for one, 20 simultaneous sends to new phones make one', async () => {
      const small = await TestTenant.create({ limits: { contacts: 1 } });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          small.api.sendMedia(
            { phone: `2010011100${String(index).padStart(2, '0')}`, media_type: 'image', media_file: photo },
            { prefer: 'respond-async' },
          ),
        ),
      );
      const codes = answers.map(({ status }) => status).sort();
      expect(codes).toEqual([200, ...Array<number>(19).fill(403)]);
      const full = answers.find(({ status }) => status === 403);
      expect(full?.body.error).toMatchObject({
        code: 'FEATURE_LIMIT_EXCEEDED',
        details: { feature: 'contacts', current: 1, maximum: 1 },
      });
      expect(await rowsOf(small)).toMatchObject({ messages: 1, contacts: 1, chats: 1, counted: 1, conversations: 1 });
      await small.close();
    });

    it('over the plan’s conversations: with room for one, 20 simultaneous sends to known contacts open one', async () => {
      const small = await TestTenant.create({ limits: { conversations: 1 } });
      const phones = Array.from({ length: 20 }, (_, index) => `2010011100${String(index).padStart(2, '0')}`);
      for (const phone of phones) await small.insertContact({ phone });
      const answers = await Promise.all(
        phones.map((phone) =>
          small.api.sendMedia({ phone, media_type: 'image', media_file: photo }, { prefer: 'respond-async' }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(403)]);
      expect(await rowsOf(small)).toMatchObject({ messages: 1, chats: 1, conversations: 1 });
      await small.close();
    });

    it('with fields for a new contact that are not the tenant’s', async () => {
      const other = await TestTenant.create({ withoutNumber: true });
      await tenant.insertContact({ phone: '201119990001', email: 'Taken@Example.com' });
      const base = { phone: '201119990002', media_type: 'image', media_file: photo };
      expect(await details({ ...base, 'contact[email]': 'taken@example.COM' })).toHaveProperty(['contact.email']);
      expect(await details({ ...base, 'contact[groups]': '2147483647' })).toHaveProperty(['contact.groups']);
      expect(await details({ ...base, 'contact[assigned_id]': other.defaults.assigneeId })).toHaveProperty([
        'contact.assigned_id',
      ]);
      await other.close();
    });
  });

  describe('a caller who may not', () => {
    it('without, with a malformed and with an unknown token: 401', async () => {
      for (const authorization of ['', 'Bearer', 'Basic abc', 'Bearer rasl_x', `Bearer rasl_${'a'.repeat(46)}`]) {
        const answer = await refused(tenant, () => tenant.api.sendMedia({ phone: PHONE }, { authorization }));
        expect(answer).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHORIZED' } } });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    });

    it('without the scope: 403, before the body is looked at', async () => {
      const reader = await TestTenant.create({ scopes: ['messages:read'] });
      const answer = await refused(reader, () => reader.api.sendMedia({}));
      expect(answer).toMatchObject({
        status: 403,
        body: { error: { code: 'INSUFFICIENT_SCOPE', details: { required: ['messages:send'] } } },
      });
      await reader.close();
    });

    it('too often: 429 with the time to wait, before the body is looked at', async () => {
      const slow = await TestTenant.create({ ratePerMinute: 2 });
      const answers = [await slow.api.sendMedia({}), await slow.api.sendMedia({}), await slow.api.sendMedia({})];
      expect(answers.map(({ status }) => status)).toEqual([422, 422, 429]);
      expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
      expect(Number(answers[2]?.headers.get('retry-after'))).toBe(answers[2]?.body.error?.details?.retry_after);
      await slow.close();
    });
  });
});
