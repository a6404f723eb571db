import { TestTenant } from '../support/tenant.js';
import { invalid, jpegPhoto, refused, rowsOf, type Photo } from './refusals.js';

const PHONE = '201001234567';

/** Proper requests whose message, or whose caller, may not go through. */
describe('POST /messages/media refuses', () => {
  let tenant: TestTenant;
  let photo: Photo;

  beforeAll(async () => {
    tenant = await TestTenant.create();
    photo = await jpegPhoto();
  });
  afterAll(() => tenant.close());

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
      expect(
        await invalid(tenant, { contact_id, phone: PHONE, media_type: 'image', media_file: photo }),
      ).toHaveProperty('contact_id');
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
      expect(await invalid(tenant, { ...base, 'contact[email]': 'taken@example.COM' })).toHaveProperty([
        'contact.email',
      ]);
      expect(await invalid(tenant, { ...base, 'contact[groups]': '2147483647' })).toHaveProperty(['contact.groups']);
      expect(await invalid(tenant, { ...base, 'contact[assigned_id]': other.defaults.assigneeId })).toHaveProperty([
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
