import { jest } from '@jest/globals';
import { PRESETS } from '../../src/integrations/mapping/presets.js';
import { eventually } from '../support/eventually.js';
import { type Listener, type Payload, StoreLab } from './store-lab.js';
import { shopifyCheckout } from './store-payloads.js';

jest.setTimeout(60_000);

const HOUR_MS = 3_600_000;

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a checkout that is not completed', () => {
  let lab: StoreLab;
  let listener: Listener;
  beforeAll(async () => {
    lab = await StoreLab.create();
  });
  beforeEach(async () => {
    const preset = PRESETS.find(({ id }) => id === 'shopify.checkout_abandoned');
    if (!preset) throw new Error('there is no such preset');
    const { kind, mapping, conditions, once_per, default_country, delay_minutes } = preset;
    listener = await lab.listener({ kind, mapping, conditions, once_per, default_country, delay_minutes });
  });
  afterAll(() => lab.close());

  const deliver = async (changes: Record<string, unknown>, triggeredAt?: string): Promise<Payload> => {
    const headers: Record<string, string> = {};
    if (triggeredAt !== undefined) headers['x-shopify-triggered-at'] = triggeredAt;
    expect((await lab.deliver(listener, shopifyCheckout(changes), headers)).status).toBe(200);
    const [payload] = await lab.payloads(listener);
    if (!payload) throw new Error('no payload was stored');
    expect(payload.status).toBe('received');
    return payload;
  };
  /** Ends the delay of all, the oldest first. @returns what became of each, in that order */
  const outcomes = async (): Promise<string[]> => {
    const waiting = (await lab.payloads(listener)).reverse();
    for (const { id } of waiting) await lab.due(id);
    const settled = await lab.allSettled(listener, waiting.length);
    return settled.map(({ status, reason }) => reason?.code ?? status).reverse();
  };
  const messagesTo = async (digits: string) => (await lab.messages()).filter(({ phone }) => phone === digits);

  it('is told of after an hour, once, as it was left', async () => {
    const { digits } = lab.phone();
    const first = await deliver({ phone: `+${digits}`, total_price: '10.00' });
    expect(Date.parse(String(first.due_at)) - Date.parse(String(first.received_at))).toBe(HOUR_MS);
    await deliver({ phone: `+${digits}`, total_price: '20.00' });
    await deliver({ phone: `+${digits}`, total_price: '30.00', token: 'another' });
    expect(await outcomes()).toEqual(['REPLACED', 'sent', 'sent']);
    const bodies = (await messagesTo(digits)).map(({ body }) => body);
    expect(bodies.sort()).toEqual([
      expect.stringContaining('your order 20.00 USD of'),
      expect.stringContaining('your order 30.00 USD of'),
    ]);
    await deliver({ phone: `+${digits}`, total_price: '40.00' });
    expect((await outcomes()).at(-1)).toBe('ALREADY_SENT');
  });

  it('is not told of when it is completed within the hour, in whatever order Shopify delivers', async () => {
    const { digits } = lab.phone();
    const phone = `+${digits}`;
    await deliver({ phone }, '2026-01-31T18:00:00Z');
    await deliver({ phone, completed_at: '2026-01-31T18:10:00Z' }, '2026-01-31T18:10:00Z');
    await deliver({ phone, note: 'late' }, '2026-01-31T18:05:00Z');
    expect(await outcomes()).toEqual(['REPLACED', 'CONDITION_NOT_MET', 'REPLACED']);
    expect(await messagesTo(digits)).toEqual([]);
  });

  it('is shown with what became of it, however many newer ones wait: of these the newest 20', async () => {
    const { id } = await deliver({ phone: `+${lab.phone().digits}` });
    await lab.tenant.rows(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, next_at)
       SELECT $1, $2, gen_random_uuid(), '\\x7b7d', 2, now() + interval '1 hour' FROM generate_series(1, 101)`,
      [lab.tenant.id, listener.id],
    );
    await lab.due(id);
    const shown = await eventually('the oldest being settled', async () => {
      const all = await lab.payloads(listener);
      return all.at(-1)?.id === id && all.at(-1)?.status !== 'received' ? all : undefined;
    });
    expect(shown.map(({ status }) => status)).toEqual([...Array.from({ length: 20 }, () => 'received'), 'sent']);
    expect(shown[0]?.id).toBeGreaterThan(id + 100);
    expect(shown.at(-1)?.payload).toMatchObject({ token: '123123123' });
    await lab.tenant.rows('DELETE FROM store_payloads WHERE listener_id = $1 AND next_at IS NOT NULL', [listener.id]);
  });

  it('is not told of when its contact is deleted within the hour', async () => {
    const { digits } = lab.phone();
    const contactId = await lab.tenant.insertContact({ phone: digits });
    const { id } = await deliver({ phone: `+${digits}` });
    const other = await deliver({ phone: `+${lab.phone().digits}`, token: 'another' });
    expect((await lab.tenant.api.request('DELETE', `/api/v2/contacts/${contactId}`)).status).toBe(200);
    await lab.due(id);
    expect(await lab.payloads(listener)).toMatchObject([
      { id: other.id, status: 'received', payload: { token: 'another' } },
      { id, status: 'skipped', reason: { code: 'CONTACT_DELETED' }, payload: null },
    ]);
    expect((await lab.retry(id)).body.error?.details).toEqual({ payload: ['Its body is not stored any more'] });
    expect(await messagesTo(digits)).toEqual([]);
  });
});
