import * as files from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('opting out and in', () => {
  let tenant: TestTenant;
  let stranger: TestTenant;
  let photo: { bytes: Buffer; name: string; type: string };
  beforeAll(async () => {
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
    [tenant, stranger] = await Promise.all([TestTenant.create(), TestTenant.create()]);
  });
  afterAll(() => Promise.all([tenant.close(), stranger.close()]));

  const change = (id: number | string, to: 'opt-out' | 'opt-in', of = tenant) =>
    of.api.request('POST', `/api/v2/contacts/${id}/${to}`);
  const send = (phone: string, headers?: Record<string, string>) =>
    tenant.api.sendMedia({ phone, media_type: 'image', media_file: photo }, headers);
  const isOptedOut = async (phone: string) => {
    const [row] = await tenant.rows<{ is_opted_out: boolean }>(
      'SELECT is_opted_out FROM contacts WHERE tenant_id = $1 AND phone = $2',
      [tenant.id, phone],
    );
    return row?.is_opted_out;
  };

  it('answers the state, refuses sends from then on, and lets them go again', async () => {
    const phone = '201222000001';
    const id = await tenant.insertContact({ phone });
    const out = await change(id, 'opt-out');
    expect(out).toMatchObject({
      status: 200,
      body: { data: { id, phone, is_opted_out: true, failed_messages: 0 }, message: 'Contact opted out successfully' },
    });
    expect(out.body.data?.opted_out_at).toMatch(/^20\d\d-.*\+00:00$/);
    // Again changes nothing, not even the time.
    expect((await change(id, 'opt-out')).body.data).toEqual(out.body.data);
    expect(await send(phone)).toMatchObject({ status: 403, body: { error: { code: 'CONTACT_OPTED_OUT' } } });
    expect(await change(id, 'opt-in')).toMatchObject({
      status: 200,
      body: { data: { id, is_opted_out: false, opted_out_at: null }, message: 'Contact opted in successfully' },
    });
    await tenant.openWindow(phone);
    expect(await send(phone)).toMatchObject({ status: 200 });
  });

  it('fails what waits, and tells the caller who waits for it', async () => {
    const phone = '201222000002';
    const id = await tenant.insertContact({ phone });
    // What is refused for a while waits in `sending` for its next try.
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131057, mode: 'sync', to: phone });
    const sending = send(phone, { prefer: 'wait=20' });
    await tenant.control.wait({ kind: 'request', phone_number_id: tenant.phoneNumberId, to: phone });
    await eventually('the wait for another try', async () => {
      const [row] = await tenant.rows(
        `SELECT 1 FROM messages WHERE contact_id = $1 AND status = 'sending' AND attempt_state IS NULL AND retries > 0`,
        [id],
      );
      return row;
    });
    expect((await change(id, 'opt-out')).body.data).toMatchObject({ failed_messages: 1 });
    const answer = await sending;
    expect(answer).toMatchObject({
      status: 500,
      body: {
        error: {
          code: 'MESSAGE_SEND_FAILED',
          details: { retryable: false, whatsapp_error: { code: 'CONTACT_OPTED_OUT' } },
        },
      },
    });
    const shown = await tenant.api.getMessage(Number(answer.body.error?.details?.chat_message_id));
    expect(shown.body.data).toMatchObject({
      status: 'failed',
      error: {
        code: 'CONTACT_OPTED_OUT',
        title: 'The contact has opted out',
        meaning: expect.stringContaining('does not want') as string,
      },
    });
  });

  it('listens to the customer: STOP ends it, START begins it again', async () => {
    const phone = '201222000003';
    const write = (text: string) => tenant.control.inbound(tenant.phoneNumberId, { from: phone, type: 'text', text });
    await write('إيقاف');
    await eventually('the opt-out', async () => (await isOptedOut(phone)) || undefined);
    expect(await send(phone)).toMatchObject({ status: 403, body: { error: { code: 'CONTACT_OPTED_OUT' } } });
    await write('start');
    await eventually('the opt-in', async () => (await isOptedOut(phone)) === false || undefined);
    expect((await send(phone)).status).toBe(200);
  });

  it.each(['0', 'abc', '1.5', '999999999999999'])('answers 404 for contact %s', async (id) => {
    expect(await change(id, 'opt-out')).toMatchObject({ status: 404, body: { error: { code: 'NOT_FOUND' } } });
  });

  it("answers 404 for another tenant's contact, which stays as it is", async () => {
    const phone = '201222000004';
    const id = await tenant.insertContact({ phone });
    expect(await change(id, 'opt-out', stranger)).toMatchObject({ status: 404 });
    expect(await change(id, 'opt-in', stranger)).toMatchObject({ status: 404 });
    expect(await isOptedOut(phone)).toBe(false);
  });

  it('needs the scope contacts:write', async () => {
    const reader = await TestTenant.create({ scopes: ['contacts:read'], withoutNumber: true });
    const id = await reader.insertContact({ phone: '201222000005' });
    expect(await change(id, 'opt-out', reader)).toMatchObject({
      status: 403,
      body: { error: { code: 'INSUFFICIENT_SCOPE', details: { required: ['contacts:write'] } } },
    });
    await reader.close();
  });
});
