import * as files from '../../src/media/testing/sample-files.js';
import type { ApiAnswer, FormFields } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

const PHONE = '201001234567';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('send_at and expires_in', () => {
  let tenant: TestTenant;
  let photo: { bytes: Buffer; name: string; type: string };

  beforeAll(async () => {
    photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
  });
  beforeEach(async () => {
    tenant = await TestTenant.create({
      throughput: 1000,
      sandboxNumber: { enforce_window: false, ...NO_PAIR_LIMIT },
      settings: { message_expires_in_s: 7200 },
    });
  });
  afterEach(() => tenant.close());

  const send = (fields: FormFields, headers: Record<string, string> = {}): Promise<ApiAnswer> =>
    tenant.api.sendMedia(
      { phone: PHONE, media_type: 'image', media_file: photo, ...fields },
      { prefer: 'wait=30', ...headers },
    );
  const idOf = ({ status, body }: ApiAnswer): number => {
    if (status !== 200) throw new Error(`not accepted: ${JSON.stringify(body)}`);
    return Number(body.data?.chat_message_id);
  };
  const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
  const shown = async (id: number) => (await tenant.api.getMessage(id)).body.data;
  const status = async (id: number) => (await shown(id))?.status;
  const arrives = (id: number) =>
    eventually(`message ${id} arriving`, async () => ((await status(id)) === 'read' ? true : undefined), 45_000);
  /** Seconds from `created_at` or `send_at` to the expiry. */
  const expiresAfter = async (id: number, from: 'created_at' | 'send_at'): Promise<number> => {
    const [row] = await tenant.rows<{ seconds: number }>(
      `SELECT round(extract(epoch FROM expires_at - ${from}))::int AS seconds FROM messages WHERE id = $1 AND tenant_id = $2`,
      [id, tenant.id],
    );
    return row?.seconds ?? NaN;
  };
  /** Its time comes now. */
  const due = (id: number) =>
    tenant.rows(
      `UPDATE messages SET send_at = now() - interval '1 second', due_at = now() - interval '1 second',
              next_at = now() - interval '1 second' WHERE id = $1 AND tenant_id = $2`,
      [id, tenant.id],
    );

  it('store the message now, answer at once, and send it at its time', async () => {
    const inAnHour = inSeconds(3600);
    const answer = await send({ send_at: inAnHour }, { prefer: 'wait=30' });
    expect(answer.body.data).toMatchObject({ status: 'queued', message_id: null, sent_at: null });
    const id = idOf(answer);
    expect(await shown(id)).toMatchObject({
      status: 'queued',
      send_at: `${inAnHour.slice(0, 19)}+00:00`,
      hold_reason: null,
    });
    const times = 'send_at, due_at, next_at';
    const [stored] = await tenant.rows(`SELECT ${times} FROM messages WHERE id = $1 AND tenant_id = $2`, [
      id,
      tenant.id,
    ]);
    const hour = new Date(inAnHour);
    expect(stored).toEqual({ send_at: hour, due_at: hour, next_at: hour });
    // The hour is over but for a second.
    const [soon] = await tenant.rows<{ due_at: Date }>(
      `WITH soon AS (SELECT now() + interval '1 second' AS at)
       UPDATE messages SET send_at = at, due_at = at, next_at = at FROM soon WHERE id = $1 AND tenant_id = $2
       RETURNING due_at`,
      [id, tenant.id],
    );
    await arrives(id);
    const [message] = await tenant.control.messages(tenant.phoneNumberId);
    expect(message?.at).toBeGreaterThanOrEqual(soon?.due_at.getTime() ?? Infinity);
  });

  it('hold nobody up before their time, and take their place in the lane at it', async () => {
    const scheduled = idOf(await send({ caption: 'later', send_at: inSeconds(3600) }, { prefer: 'respond-async' }));
    const now = await send({ caption: 'now' });
    expect(now.body.data?.status).toBe('sent');
    // The number waits; then the scheduled one comes between two others.
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 1500, count: 1 });
    const before = idOf(await send({ caption: 'before' }, { prefer: 'respond-async' }));
    await due(scheduled);
    const after = idOf(await send({ caption: 'after' }, { prefer: 'respond-async' }));
    for (const id of [before, scheduled, after]) await arrives(id);
    const captions = (await tenant.control.messages(tenant.phoneNumberId)).map(
      ({ body }) => /"caption":"([^"]*)"/.exec(body ?? '')?.[1],
    );
    expect(captions.filter((caption) => caption !== 'later')).toEqual(['now', 'before', 'after']);
    expect(captions).toContain('later');
  });

  it('count the expiry from the acceptance, from send_at, or by the tenant’s setting', async () => {
    const later = { send_at: inSeconds(3600) };
    expect(await expiresAfter(idOf(await send({ expires_in: 60, ...later })), 'send_at')).toBe(60);
    expect(await expiresAfter(idOf(await send(later)), 'send_at')).toBe(7200);
    expect(await expiresAfter(idOf(await send({ expires_in: 60 })), 'created_at')).toBe(60);
    const byDefault = idOf(await send({}));
    expect(await expiresAfter(byDefault, 'created_at')).toBe(7200);
    expect((await shown(byDefault))?.expires_at).toMatch(/\+00:00$/);
  });

  it('let what could not leave in time expire', async () => {
    const id = idOf(await send({ send_at: inSeconds(3600), expires_in: 10 }));
    await tenant.rows(`UPDATE messages SET expires_at = now() - interval '1 second' WHERE id = $1 AND tenant_id = $2`, [
      id,
      tenant.id,
    ]);
    await eventually('its expiry', async () => ((await status(id)) === 'expired' ? true : undefined));
    await due(id);
    expect((await send({})).body.data?.status).toBe('sent');
    expect(await tenant.control.messages(tenant.phoneNumberId)).toHaveLength(1);
  });

  it('are refused by name, and nothing is stored', async () => {
    const wrong = [
      { send_at: inSeconds(-1) },
      { send_at: inSeconds(30 * 86_400 + 60) },
      { send_at: inSeconds(60).replace('Z', '') },
      { expires_in: 9 },
      { expires_in: 2_592_001 },
    ];
    for (const fields of wrong) {
      const { status: code, body } = await send(fields);
      expect({ code, fields: Object.keys(body.error?.details ?? {}) }).toEqual({
        code: 422,
        fields: Object.keys(fields),
      });
    }
    expect(await tenant.rows('SELECT 1 FROM messages WHERE tenant_id = $1', [tenant.id])).toEqual([]);
    expect((await send({ send_at: inSeconds(30 * 86_400 - 60), expires_in: 2_592_000 })).status).toBe(200);
    expect((await send({ expires_in: 10 })).status).toBe(200);
  });
});
