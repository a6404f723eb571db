import * as files from '../../src/media/testing/sample-files.js';
import { ApiClient, type ApiAnswer, type FormFields } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

const PHONE = '201001234567';
/** WhatsApp is busy: the message waits, and is tried again. */
const BUSY = 131016;

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('POST /messages/{id}/cancel', () => {
  let tenant: TestTenant;
  let photo: { bytes: Buffer; name: string; type: string };

  beforeAll(async () => {
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  });
  beforeEach(async () => {
    tenant = await TestTenant.create({
      throughput: 1000,
      sandboxNumber: { enforce_window: false, ...NO_PAIR_LIMIT },
    });
  });
  afterEach(() => tenant.close());

  const accept = async (fields: FormFields = {}): Promise<number> => {
    const { status, body } = await tenant.api.sendMedia(
      { phone: PHONE, media_type: 'image', media_file: photo, ...fields },
      { prefer: 'respond-async' },
    );
    if (status !== 200) throw new Error(`not accepted: ${JSON.stringify(body)}`);
    return Number(body.data?.chat_message_id);
  };
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  const cancel = (id: number | string, api = tenant.api): Promise<ApiAnswer> =>
    api.request('POST', `/api/v2/messages/${id}/cancel`);
  const shown = async (id: number) => (await tenant.api.getMessage(id)).body.data;
  const tooLate = ({ status, body }: ApiAnswer) => [status, body.error?.code, body.error?.details?.status];
  const set = (id: number, columns: string) =>
    tenant.rows(`UPDATE messages SET ${columns} WHERE id = $1 AND tenant_id = $2`, [id, tenant.id]);
  /** Once it was refused: makes its wait for the next try long, so that only a cancellation can end it. */
  const waitsForRetry = (id: number) =>
    eventually('the wait for a retry', async () => {
      const [row] = await tenant.rows(
        `UPDATE messages SET next_at = now() + interval '10 minutes'
          WHERE id = $1 AND tenant_id = $2 AND status = 'sending' AND attempt_state IS NULL AND retries > 0
         RETURNING id`,
        [id, tenant.id],
      );
      return row;
    });

  it('calls a scheduled message back, which then never leaves', async () => {
    const id = await accept({ send_at: inAnHour() });
    const { status, body } = await cancel(id);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { data: { id, status: 'cancelled', message_id: null }, message: 'Message cancelled successfully' },
    });
    await set(id, `due_at = now() - interval '1 second'`);
    // What comes after it has left: its own turn would have been before.
    const next = await accept();
    await eventually('the next message', async () => ((await shown(next))?.status === 'read' ? true : undefined));
    expect(await tenant.control.messages(tenant.phoneNumberId)).toHaveLength(1);
    expect((await shown(id))?.status).toBe('cancelled');
  });

  it('says the same again of a message that is cancelled', async () => {
    const id = await accept({ send_at: inAnHour() });
    const [first, again] = [await cancel(id), await cancel(id)];
    expect([again.status, again.body.data]).toEqual([200, first.body.data]);
  });

  it('calls back what waits to be tried again, and lets the next to this recipient go', async () => {
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: BUSY });
    const id = await accept();
    await waitsForRetry(id);
    const next = await accept();
    expect((await shown(next))?.hold_reason).toMatch(/earlier message/);
    await tenant.control.clearFaults(tenant.phoneNumberId);
    expect((await cancel(id)).body.data).toMatchObject({ id, status: 'cancelled' });
    await eventually('the next message', async () => ((await shown(next))?.status === 'read' ? true : undefined));
    const { counts } = await tenant.control.counts(tenant.phoneNumberId);
    expect(counts).toEqual({ [`m=${next}`]: 1 });
  });

  it('is too late for a message on its way, one that was sent, and one that was received', async () => {
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 5000, count: 1 });
    const id = await accept();
    await eventually('the request to WhatsApp', async () => (await tenant.control.requests(tenant.phoneNumberId))[0]);
    expect(tooLate(await cancel(id))).toEqual([409, 'MESSAGE_NOT_CANCELLABLE', 'sending']);
    await eventually('the message', async () => ((await shown(id))?.status === 'read' ? true : undefined));
    expect(tooLate(await cancel(id))).toEqual([409, 'MESSAGE_NOT_CANCELLABLE', 'read']);
    const wamid = String((await shown(id))?.message_id);
    expect(tooLate(await cancel(wamid))).toEqual([409, 'MESSAGE_NOT_CANCELLABLE', 'read']);
    const { message_id: inbound } = await tenant.control.inbound(tenant.phoneNumberId, {
      from: PHONE,
      type: 'text',
      text: 'Hello',
    });
    await eventually('the customer’s message', async () =>
      (await tenant.api.getMessage(inbound)).status === 200 ? true : undefined,
    );
    expect(tooLate(await cancel(inbound))).toEqual([409, 'MESSAGE_NOT_CANCELLABLE', 'received']);
  });

  it('does not call a message cancelled that an earlier try may have brought to WhatsApp', async () => {
    const id = await accept({ send_at: inAnHour() });
    await set(id, `status = 'sending', unknown_at = now(), next_at = now() + interval '1 hour'`);
    expect(tooLate(await cancel(id))).toEqual([409, 'MESSAGE_NOT_CANCELLABLE', 'sending']);
  });

  it('finds only messages of the tenant, and needs the scope', async () => {
    const id = await accept({ send_at: inAnHour() });
    const other = await TestTenant.create({ withoutNumber: true });
    const reader = await TestTenant.create({ withoutNumber: true, scopes: ['messages:read'] });
    try {
      const answers = [await cancel(id, other.api), await cancel(999_999_999_999), await cancel('nonsense')];
      expect(answers.map(({ status, body }) => [status, body.error?.code])).toEqual(
        answers.map(() => [404, 'NOT_FOUND']),
      );
      const { status, body } = await cancel(id, new ApiClient(tenant.api.url, reader.api.token));
      expect([status, body.error?.code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
    } finally {
      await Promise.all([other.close(), reader.close()]);
    }
    expect((await shown(id))?.status).toBe('queued');
  });

  it('is answered again under an Idempotency-Key', async () => {
    const id = await accept({ send_at: inAnHour() });
    const keyed = () =>
      tenant.api.request('POST', `/api/v2/messages/${id}/cancel`, { headers: { 'idempotency-key': `cancel-${id}` } });
    const [first, again] = [await keyed(), await keyed()];
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.body.data).toEqual(first.body.data);
  });
});
