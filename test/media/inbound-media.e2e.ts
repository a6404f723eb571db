import * as files from '../../src/media/testing/sample-files.js';
import { MediaLinks } from '../../src/media/media-links.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { baseEnvironment } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

interface Shown {
  id: number;
  type: string;
  message: string | null;
  url: string | null;
  phone: string | null;
  user_id: string | null;
  sender_id: string | null;
  chat_id: number;
  contact_id: number;
  ref_message_id: string | null;
  media: { status: string; mime_type: string; filename: string; size_bytes: number; failure: string | null } | null;
  content: Record<string, unknown> | null;
  error: { code: number; meaning: string; advice: string } | null;
}

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('what customers send', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await TestTenant.create();
  });
  afterAll(() => tenant.close());

  const FROM = '201333000001';
  const shown = async (id: string | number): Promise<Shown> =>
    (await tenant.api.getMessage(id)).body.data as unknown as Shown;
  /** The customer sends it, and it is stored. */
  const receive = async (message: Record<string, unknown>): Promise<Shown> => {
    const { message_id } = await tenant.control.inbound(tenant.phoneNumberId, { from: FROM, ...message });
    return eventually('the message', async () => {
      const { status, body } = await tenant.api.getMessage(message_id);
      return status === 200 ? (body.data as unknown as Shown) : undefined;
    });
  };
  const fetched = (message: Shown): Promise<Shown> =>
    eventually('the file', async () => {
      const now = await shown(message.id);
      return now.media?.status === 'stored' ? now : undefined;
    });

  describe('files', () => {
    it.each([
      ['image', 'image/jpeg', 'image.jpg', files.jpeg],
      ['document', 'application/pdf', 'Bill 7.pdf', async () => files.pdf()],
      ['voice', 'audio/ogg; codecs=opus', 'audio.oga', async () => Buffer.from('OggS and so on')],
      ['video', 'video/mp4', 'video.mp4', async () => Buffer.from('a film')],
      ['audio', 'audio/mpeg', 'audio.mpga', async () => Buffer.from('a song')],
      ['sticker', 'image/webp', 'sticker.webp', async () => Buffer.alloc(400_000, 'larger than memory holds')],
    ])('of type %s are stored and shown under a signed address', async (type, mime, filename, make) => {
      const bytes = await make();
      const media = {
        bytes_base64: bytes.toString('base64'),
        mime_type: mime,
        ...(type === 'document' ? { filename, caption: 'look' } : {}),
      };
      const first = await receive({ type, media });
      expect(first.media).not.toBeNull();
      const message = await fetched(first);
      expect(message).toMatchObject({
        type: type === 'voice' ? 'audio' : type,
        message: type === 'document' ? 'look' : null,
        media: {
          status: 'stored',
          mime_type: mime.split(';')[0],
          filename,
          size_bytes: bytes.length,
          failure: null,
        },
      });
      const answer = await fetch(message.url ?? '');
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
      expect(answer.headers.get('content-security-policy')).toContain('sandbox');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      const age = Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '')?.[1]);
      expect(age).toBeGreaterThan(800);
      expect(age).toBeLessThanOrEqual(900);
    });

    it('have an address that ends after 15 minutes, and none without its signature', async () => {
      const message = await fetched(await receive({ type: 'image' }));
      const url = new URL(message.url ?? '');
      const left = Number(url.searchParams.get('expires')) - Date.now() / 1000;
      expect(left).toBeGreaterThan(14 * 60);
      expect(left).toBeLessThanOrEqual(15 * 60);
      for (const change of [
        (changed: URL) => changed.searchParams.delete('signature'),
        (changed: URL) => changed.searchParams.set('expires', String(Math.trunc(Date.now() / 1000) + 9999)),
        (changed: URL) => (changed.search = ''),
      ]) {
        const changed = new URL(url);
        change(changed);
        const answer = await fetch(changed);
        expect(answer.status).toBe(404);
        await expect(answer.json()).resolves.toMatchObject({ error: { code: 'NOT_FOUND' } });
      }
    });

    it('cannot be had any more a quarter of an hour after their address was shown', async () => {
      const { pathname } = new URL((await fetched(await receive({ type: 'image' }))).url ?? '');
      const [, , publicId = '', filename = ''] = pathname.split('/');
      const settings = readSettings(baseEnvironment());
      const links = new MediaLinks(settings, new Encryption(settings));
      const statusAfter = async (minutes: number): Promise<number> => {
        const { search } = new URL(links.signedUrl(publicId, filename, Date.now() - minutes * 60_000));
        return (await fetch(`${tenant.api.url}${pathname}${search}`)).status;
      };
      // A minute is left for a busy machine; unit tests look at the second.
      expect([await statusAfter(14), await statusAfter(15)]).toEqual([200, 404]);
    });

    it('stand in lists, too', async () => {
      const message = await fetched(await receive({ type: 'image' }));
      const { body } = await tenant.api.request('GET', `/api/v2/chats/${message.chat_id}/messages?per_page=1`);
      const [item] = body.data as unknown as Shown[];
      expect(item).toMatchObject({ id: message.id, media: { status: 'stored' } });
      expect((await fetch(item?.url ?? '')).status).toBe(200);
    });

    it('are kept once when the same content comes twice', async () => {
      const media = { bytes_base64: Buffer.from('twice').toString('base64'), mime_type: 'text/plain' };
      const messages = [await receive({ type: 'document', media }), await receive({ type: 'document', media })];
      await Promise.all(messages.map(fetched));
      const rows = await tenant.rows<{ media_file_id: number; public_id: string }>(
        `SELECT l.media_file_id, l.public_id FROM messages m JOIN media_links l ON l.id = m.media_link_id
          WHERE m.id = ANY ($1)`,
        [messages.map(({ id }) => id)],
      );
      expect(new Set(rows.map((row) => row.media_file_id)).size).toBe(1);
      expect(new Set(rows.map((row) => row.public_id)).size).toBe(2);
    });
  });

  describe('without a file', () => {
    it.each<[string, Record<string, unknown>, string | null]>([
      ['button', { button: { payload: 'p', text: 'Yes' } }, 'Yes'],
      ['interactive', { interactive: { type: 'button_reply', button_reply: { id: 'a', title: 'A' } } }, 'A'],
      ['interactive', { interactive: { type: 'list_reply', list_reply: { id: 'r', title: 'Row' } } }, 'Row'],
      ['interactive', { interactive: { type: 'nfm_reply', nfm_reply: { body: 'Sent', response_json: '{}' } } }, 'Sent'],
      ['location', { location: { latitude: 30.05, longitude: 31.23, name: 'Home' } }, 'Home'],
      [
        'contacts',
        { contacts: [{ name: { formatted_name: 'Mona Ali' } }, { name: { formatted_name: 'Omar' } }] },
        'Mona Ali, Omar',
      ],
      [
        'order',
        { order: { catalog_id: '1', text: 'Please', product_items: [{ product_retailer_id: 'x' }] } },
        'Please',
      ],
      ['reaction', { reaction: { message_id: 'wamid.X', emoji: '👍' } }, '👍'],
    ])('is readable as %s', async (type, content, text) => {
      const message = await receive({ type, ...content });
      expect(message).toMatchObject({ type, message: text, content, media: null, url: null });
      if (type === 'reaction') expect(message.ref_message_id).toBe('wamid.X');
    });

    it('is readable as text', async () => {
      const referral = { source_type: 'ad', ctwa_clid: 'click' };
      expect(await receive({ type: 'text', text: 'Good morning', referral })).toMatchObject({
        type: 'text',
        message: 'Good morning',
        content: { text: { body: 'Good morning' }, referral },
      });
    });

    it('is readable as system', async () => {
      const system = { type: 'customer_identity_changed', body: 'The customer may have changed' };
      expect(await receive({ type: 'system', system })).toMatchObject({
        type: 'system',
        message: 'The customer may have changed',
        content: { system },
      });
    });

    it('is readable as call, which opens the service window by its own time', async () => {
      const called = Math.floor(Date.now() / 1000) - 3600;
      const from = '201333000041';
      const call = { from, timestamp: called, call_id: `wacid.${called}.${tenant.id}` };
      await tenant.control.call('POST', `/phone_numbers/${tenant.phoneNumberId}/calls`, call);
      const message = await eventually('the call', async () => {
        const { body } = await tenant.api.getMessage(call.call_id);
        return body.data ?? undefined;
      });
      expect(message).toMatchObject({ type: 'call', direction: 'inbound', status: 'received', phone: from });
      expect(Date.parse(String(message.service_window_expires_at))).toBe((called + 24 * 3600) * 1000);
    });

    it('says why it is not supported', async () => {
      expect(await receive({ type: 'unsupported' })).toMatchObject({
        type: 'unsupported',
        error: { code: 131051, meaning: expect.stringContaining('not supported') as string },
      });
    });
  });

  describe('by somebody who shows no phone number', () => {
    it('makes a contact and a chat, and the answer goes out to the user id', async () => {
      const userId = 'US.4711';
      const { message_id } = await tenant.control.inbound(tenant.phoneNumberId, {
        from_user_id: userId,
        profile_name: 'Kim',
        type: 'text',
        text: 'Hello',
      });
      const message = await eventually('the message', async () => {
        const { status, body } = await tenant.api.getMessage(message_id);
        return status === 200 ? (body.data as unknown as Shown) : undefined;
      });
      expect(message).toMatchObject({ phone: null, user_id: userId, sender_id: userId });
      const photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
      const answer = await tenant.api.sendMedia(
        { contact_id: message.contact_id, media_type: 'image', media_file: photo },
        { prefer: 'wait=30' },
      );
      expect(answer).toMatchObject({
        status: 200,
        body: { data: { status: 'sent', phone: null, chat_id: message.chat_id, contact_id: message.contact_id } },
      });
      const sent = (await tenant.control.messages(tenant.phoneNumberId)).filter((one) => one.user_id === userId);
      expect(sent).toHaveLength(1);
      const requests = await tenant.control.requests(tenant.phoneNumberId, { wamid: sent[0]?.wamid ?? '' });
      const body = JSON.parse(requests[0]?.body ?? '{}') as Record<string, unknown>;
      expect(body).toMatchObject({ recipient: userId });
      expect(body).not.toHaveProperty('to');
    });

    it('stays one contact when number and user id change', async () => {
      const [before, after] = ['201333000011', '201333000012'];
      const write = async (message: Record<string, unknown>): Promise<Shown> => {
        const { message_id } = await tenant.control.inbound(tenant.phoneNumberId, message);
        return eventually('the message', async () => {
          const { status, body } = await tenant.api.getMessage(message_id);
          return status === 200 ? (body.data as unknown as Shown) : undefined;
        });
      };
      const first = await write({ from: before, type: 'text', text: 'old number' });
      const system = { type: 'user_changed_number', wa_id: after, user_id: 'US.9', body: 'changed' };
      const change = await write({ from: before, type: 'system', system });
      const last = await write({ from: after, type: 'text', text: 'new number' });
      expect([change.contact_id, last.contact_id]).toEqual([first.contact_id, first.contact_id]);
      expect([change.chat_id, last.chat_id]).toEqual([first.chat_id, first.chat_id]);
      expect(last.phone).toBe(after);
    });
  });
});
