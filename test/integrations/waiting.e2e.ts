import { type DuePayload, PayloadStore } from '../../src/integrations/payloads/payload-store.js';
import { MOST_WAITING, MOST_WAITING_BYTES } from '../../src/integrations/payloads/waiting-room.js';
import { forgetPayloads } from '../../src/integrations/store/forget-payloads.js';
import { settleSent } from '../../src/integrations/store/settle-payloads.js';
import { type Owned, PayloadLab } from './payload-lab.js';

/** Real: Postgres, a database of its own, where nobody else works payloads off. */
describe("stores' payloads of a listener with a delay", () => {
  let lab: PayloadLab;
  beforeAll(async () => {
    lab = await PayloadLab.create();
  });
  beforeEach(() => lab.empty());
  afterAll(() => lab.close());

  /** Those that are due, were the delay over, and are replaced by newer ones. */
  const replaced = async (): Promise<number[]> => {
    await lab.outbox.run(`UPDATE store_payloads SET next_at = now() - interval '1 second'`);
    const claimed = await lab.store.claim(12, 12, 60, []);
    return claimed.filter(({ is_replaced }) => is_replaced).map(({ payload_id }) => payload_id);
  };

  it('are due after it, without one at once; who waits for it is not late', async () => {
    const one = await lab.listener();
    await lab.receive(one);
    await lab.outbox.run('UPDATE store_listeners SET delay_minutes = 60');
    await lab.receive(one);
    const rows = await lab.rows<{ minutes: number }>(
      `SELECT (extract(epoch FROM next_at - received_at) / 60)::int AS minutes FROM store_payloads
        WHERE due_at = next_at ORDER BY id`,
    );
    expect(rows.map(({ minutes }) => minutes)).toEqual([0, 60]);
    await lab.outbox.run(`UPDATE store_payloads SET next_at = NULL, status = 'failed' WHERE next_at <= received_at`);
    expect(await lab.store.claim(12, 3, 60, [])).toEqual([]);
    expect(await lab.oldestAge()).toBe(0);
  });

  it('count as the newest of the same once_per, by when they happened, else by when they came', async () => {
    const [one, other] = [await lab.listener(undefined, 60), await lab.listener(undefined, 60)];
    const first = await lab.receive(one, { happenedAt: '2026-01-01T10:00:00Z' });
    const newest = await lab.receive(one, { happenedAt: '2026-01-01T10:10:00Z' });
    const late = await lab.receive(one, { happenedAt: '2026-01-01T10:05:00Z' });
    await lab.receive(one, { once: 'b', happenedAt: '2026-01-01T09:00:00Z' });
    await lab.receive(other);
    expect(await replaced()).toEqual([first, late]);
    const unnamed = await lab.receive(one);
    expect(await replaced()).toEqual([first, newest, late]);
    await lab.receive(one, { happenedAt: '2999-01-01T00:00:00Z' });
    const last = await lab.receive(one);
    expect(await replaced()).toEqual(expect.arrayContaining([first, newest, late, unnamed]));
    expect(await replaced()).not.toContain(last);
  });

  describe('that come again', () => {
    const repeats = async (): Promise<number[]> =>
      (await lab.rows<{ repeats: number }>('SELECT repeats FROM store_payloads ORDER BY id')).map((row) => row.repeats);

    it('after a newer one of the same once_per, are the newest themselves when only the body tells', async () => {
      const one = await lab.listener(undefined, 60);
      const first = await lab.receive(one, { repeat: 'as it was' });
      expect(await lab.receive(one, { repeat: 'as it was' })).toBe(first);
      const changed = await lab.receive(one, { repeat: 'changed' });
      const again = await lab.receive(one, { repeat: 'as it was' });
      expect(await lab.receive(one, { repeat: 'as it was' })).toBe(again);
      expect(await repeats()).toEqual([1, 0, 1]);
      expect(await replaced()).toEqual([first, changed]);
    });

    it('are repeats all the same when the store names them, or the newer one is of another once_per', async () => {
      const one = await lab.listener(undefined, 60);
      const named = await lab.receive(one, { repeat: '1', deliveryId: '1' });
      await lab.receive(one, { repeat: 'body', once: 'b' });
      const newest = await lab.receive(one, { repeat: '2', deliveryId: '2' });
      expect(await lab.receive(one, { repeat: '1', deliveryId: '1' })).toBe(newest);
      expect(await lab.receive(one, { repeat: 'body', once: 'b' })).toBe(newest);
      expect(await repeats()).toEqual([1, 1, 0]);
      expect(await replaced()).toEqual([named]);
    });
  });

  it('all count without a once_per', async () => {
    const one = await lab.listener(undefined, 60);
    await lab.receive(one, { once: null });
    await lab.receive(one, { once: null });
    expect(await replaced()).toEqual([]);
  });

  describe('are bounded, each listener for itself:', () => {
    const FULL = { status: 429, code: 'RATE_LIMIT_EXCEEDED' };
    /** As a process takes it that has counted nothing yet. */
    const receiveAnew = (one: Owned): Promise<number> => lab.receive(one, {}, new PayloadStore(lab.outbox.postgres));

    it(`${MOST_WAITING} may wait, not one more, until one is worked off`, async () => {
      const one = await lab.listener(undefined, 60);
      await lab.deliver(one, MOST_WAITING - 2);
      await lab.receive(one);
      await lab.receive(one);
      await expect(lab.receive(one)).rejects.toMatchObject(FULL);
      await expect(receiveAnew(one)).rejects.toMatchObject(FULL);
      await lab.receive(await lab.listener(one.tenantId, 60));
      await lab.outbox.run(
        `UPDATE store_payloads SET next_at = NULL, status = 'failed' WHERE id = (SELECT min(id) FROM store_payloads)`,
      );
      await receiveAnew(one);
      await expect(receiveAnew(one)).rejects.toMatchObject(FULL);
    });

    it(`${MOST_WAITING_BYTES} bytes may wait, not one more`, async () => {
      const one = await lab.listener(undefined, 60);
      // Each that is received has two: the second would be one too many.
      await lab.deliver(one, 1, MOST_WAITING_BYTES - 3);
      await lab.receive(one);
      await expect(lab.receive(one)).rejects.toMatchObject(FULL);
      await expect(receiveAnew(one)).rejects.toMatchObject(FULL);
      await lab.outbox.run('UPDATE store_payloads SET size_bytes = 1 WHERE size_bytes = 2');
      await receiveAnew(one);
      await expect(receiveAnew(one)).rejects.toMatchObject(FULL);
    });
  });

  describe('are forgotten with their contact, and lead to no message,', () => {
    const PHONE = '201001234567';
    const FAULT = { code: 'INTERNAL_ERROR', message: 'x' };

    it.each<[string, { byPhone: boolean; act: (payload: DuePayload) => Promise<unknown> }]>([
      ['while somebody has them in hand', { byPhone: true, act: () => Promise.resolve() }],
      ['when they wait for the next try', { byPhone: true, act: (payload) => lab.store.postpone(payload, 60, null) }],
      [
        'also when only the try told whose they are',
        { byPhone: false, act: (payload) => lab.store.postpone(payload, 60, PHONE) },
      ],
      [
        'when they were passed over, and retried',
        {
          byPhone: true,
          act: async (payload) => {
            expect(await lab.store.settle(payload, 'skipped', FAULT, null)).toBe(true);
            expect(await lab.store.retry(lab.outbox.postgres, payload.tenant_id, payload.payload_id)).toBe(true);
          },
        },
      ],
    ])('%s', async (_, { byPhone, act }) => {
      const one = await lab.listener(undefined, 60);
      const id = await lab.receive(one, { phone: byPhone ? PHONE : null });
      const another = await lab.receive(one, { phone: '201001234568', once: 'b' });
      await lab.outbox.run(`UPDATE store_payloads SET next_at = now() - interval '1 second' WHERE id = ${id}`);
      const [payload] = await lab.store.claim(1, 1, 60, []);
      if (payload?.payload_id !== id) throw new Error('nothing was given out');
      await act(payload);
      await forgetPayloads(lab.outbox.postgres, one.tenantId, [], [PHONE]);
      expect(
        await lab.rows(
          `SELECT id::int, status, reason ->> 'code' AS code, phone, body IS NULL AS is_empty FROM store_payloads ORDER BY id`,
        ),
      ).toEqual([
        { id, status: 'skipped', code: 'CONTACT_DELETED', phone: null, is_empty: true },
        { id: another, status: 'received', code: null, phone: '201001234568', is_empty: false },
      ]);
      const claim = { payloadId: id, listenerId: one.id, tries: payload.tries, onceHash: null };
      const sent = { tenantId: one.tenantId, claim, messageId: 1, contactId: 1, phone: PHONE };
      expect(await settleSent(lab.outbox.postgres, [sent])).toBe('settled');
      expect(await lab.store.settle(payload, 'failed', FAULT, PHONE)).toBe(false);
    });
  });
});
