import { createHash } from 'node:crypto';
import * as files from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

const PHONE = '201001234567';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('POST /messages/media', () => {
  let tenant: TestTenant;
  let photo: { bytes: Buffer; name: string; type: string };

  beforeAll(async () => {
    tenant = await TestTenant.create({
      throughput: 1000,
      sandboxNumber: NO_PAIR_LIMIT,
    });
    await tenant.openWindow(PHONE);
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  });
  afterAll(() => tenant.close());

  const statusOf = async (id: unknown): Promise<string> =>
    String((await tenant.api.getMessage(Number(id))).body.data?.status);

  it('waits for WhatsApp’s answer and says sent, with the documented fields', async () => {
    const { status, body, headers } = await tenant.api.sendMedia({
      phone: '+20 100 123-4567',
      media_type: 'image',
      media_file: photo,
      caption: 'Hi @{contact_first_name}!',
      'contact[firstname]': 'Mona',
      'contact.lastname': 'Ali',
    });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        success: true,
        data: {
          message_id: expect.stringMatching(/^wamid\./) as string,
          contact_id: expect.any(Number) as number,
          phone: PHONE,
          media_type: 'image',
          media_url: expect.stringMatching(/\/media\/[0-9A-Za-z]{22,}\/photo\.jpg$/) as string,
          caption: 'Hi Mona!',
          status: 'sent',
          sent_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/) as string,
          chat_id: expect.any(Number) as number,
          chat_message_id: expect.any(Number) as number,
        },
        meta: { request_id: headers.get('x-request-id') as string },
      },
    });
  });

  it('gives WhatsApp the very bytes that were uploaded, and follows the message until it is read', async () => {
    const { body } = await tenant.api.sendMedia({ phone: PHONE, media_type: 'image', media_file: photo });
    const id = body.data?.chat_message_id;
    const wamid = String(body.data?.message_id);
    await eventually('the message being read', async () => ((await statusOf(id)) === 'read' ? true : undefined));
    const { body: byWamid } = await tenant.api.getMessage(wamid);
    expect(byWamid.data).toMatchObject({
      id,
      message_id: wamid,
      status: 'read',
      type: 'image',
      direction: 'outbound',
      phone: PHONE,
      is_read: true,
      error: null,
      delivered_at: expect.any(String) as string,
      read_at: expect.any(String) as string,
      failed_at: null,
    });
    const [seen] = await tenant.control.messages(tenant.phoneNumberId, { wamid });
    expect(seen?.media?.sha256).toBe(createHash('sha256').update(photo.bytes).digest('hex'));
    expect(seen?.biz_opaque_callback_data).toBe(`m=${String(id)};a=1`);
  });

  it('answers queued at once when asked to, and sends all the same', async () => {
    const { body, headers } = await tenant.api.sendMedia(
      { phone: PHONE, media_type: 'image', media_file: photo },
      { prefer: 'respond-async' },
    );
    expect(headers.get('preference-applied')).toBe('respond-async');
    expect(body.data).toMatchObject({ status: 'queued', message_id: null, sent_at: null });
    const id = body.data?.chat_message_id;
    await eventually('the message being sent', async () =>
      ['sent', 'delivered', 'read'].includes(await statusOf(id)) ? true : undefined,
    );
  });

  it('answers 500 MESSAGE_SEND_FAILED with what WhatsApp said when WhatsApp refuses', async () => {
    await tenant.control.addFault(tenant.phoneNumberId, {
      kind: 'error',
      code: 131026,
      mode: 'sync',
      to: '201009999999',
    });
    const { status, body } = await tenant.api.sendMedia({
      phone: '201009999999',
      media_type: 'image',
      media_file: photo,
    });
    expect(status).toBe(500);
    expect(body.error).toMatchObject({
      code: 'MESSAGE_SEND_FAILED',
      details: { chat_message_id: expect.any(Number) as number, retryable: false, whatsapp_error: { code: 131026 } },
    });
    const said = (body.error?.details as { whatsapp_error?: Record<string, unknown> }).whatsapp_error;
    expect(said).toEqual({
      code: 131026,
      title: expect.any(String) as string,
      details: expect.any(String) as string,
      meaning: expect.stringContaining('no WhatsApp on this number') as string,
      advice: expect.stringContaining('do not repeat the message') as string,
    });
    const message = await tenant.api.getMessage(Number(body.error?.details?.chat_message_id));
    expect(message.body.data).toMatchObject({ status: 'failed', error: said });
    expect(message.body.data?.failed_at).not.toBeNull();
  });

  it('fails a message whose closed window WhatsApp reports afterwards', async () => {
    const { body } = await tenant.api.sendMedia({ phone: '201007654321', media_type: 'image', media_file: photo });
    const id = Number(body.data?.chat_message_id ?? body.error?.details?.chat_message_id);
    await eventually('the failure', async () => ((await statusOf(id)) === 'failed' ? true : undefined));
    expect((await tenant.api.getMessage(id)).body.data).toMatchObject({ error: { code: 131047 } });
  });

  it.each([
    ['image', 'photo.png', 'image/png', () => files.png()],
    ['video', 'clip.mp4', 'video/mp4', () => files.mp4()],
    ['document', 'paper.pdf', 'application/pdf', () => files.pdf()],
  ] as const)('sends %s (%s) as WhatsApp takes it', async (media_type, name, type, make) => {
    const { status, body } = await tenant.api.sendMedia({
      phone: PHONE,
      media_type,
      media_file: { bytes: await make(), name, type },
    });
    expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
    const [seen] = await tenant.control.messages(tenant.phoneNumberId, { wamid: String(body.data?.message_id) });
    expect(seen?.type).toBe(media_type);
  });

  it('stores one file for the same content, and one message for each send', async () => {
    const bytes = await files.jpeg(40, 40);
    const sends = await Promise.all(
      Array.from({ length: 10 }, () =>
        tenant.api.sendMedia(
          { phone: PHONE, media_type: 'image', media_file: { bytes, name: 'same.jpg', type: 'image/jpeg' } },
          { prefer: 'respond-async' },
        ),
      ),
    );
    expect(new Set(sends.map(({ body }) => body.data?.chat_message_id)).size).toBe(10);
    const sha256 = createHash('sha256').update(bytes).digest();
    const rows = await tenant.rows('SELECT id FROM media_files WHERE tenant_id = $1 AND sha256 = $2', [
      tenant.id,
      sha256,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('creates one contact, one chat and one conversation under 50 simultaneous sends to a new phone', async () => {
    const phone = '201005550001';
    const sends = await Promise.all(
      Array.from({ length: 50 }, () =>
        tenant.api.sendMedia({ phone, media_type: 'image', media_file: photo }, { prefer: 'respond-async' }),
      ),
    );
    expect(sends.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(
      new Set(sends.map(({ body }) => `${String(body.data?.contact_id)} ${String(body.data?.chat_id)}`)).size,
    ).toBe(1);
    const contacts = await tenant.rows<{ type: string; firstname: string }>(
      'SELECT type, firstname, lastname, source_id, status_id, assigned_id FROM contacts WHERE tenant_id = $1 AND phone = $2',
      [tenant.id, phone],
    );
    expect(contacts).toEqual([
      {
        type: 'lead',
        firstname: phone,
        lastname: '',
        source_id: tenant.defaults.sourceId,
        status_id: tenant.defaults.statusId,
        assigned_id: tenant.defaults.assigneeId,
      },
    ]);
  });

  it('counts contacts and conversations as often as there are', async () => {
    const [counted] = await tenant.rows<{ contacts: number; counted: number; conversations: number; chats: number }>(
      `SELECT (SELECT count(*)::int FROM contacts WHERE tenant_id = t.id) AS contacts, t.contact_count AS counted,
              (SELECT sum(conversations)::int FROM tenant_usage WHERE tenant_id = t.id) AS conversations,
              (SELECT count(*)::int FROM chats WHERE tenant_id = t.id AND conversation_expires_at > now()) AS chats
         FROM tenants t WHERE id = $1`,
      [tenant.id],
    );
    expect(counted?.counted).toBe(counted?.contacts);
    expect(counted?.conversations).toBe(counted?.chats);
  });
});
