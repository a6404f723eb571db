import { eventually } from '../support/eventually.js';
import { SendingLab } from './sending-lab.js';

/** Two workers with their feeders compete for everything. */
let lab: SendingLab;
beforeAll(async () => {
  lab = await SendingLab.start({ workers: 2, env: { RECOVERY_INTERVAL_MS: '100' } });
});
afterAll(() => lab.stop());

const ok = (status: string): boolean => ['sent', 'delivered', 'read'].includes(status);

describe('a backlog', () => {
  it.each([20, 80])('of a number at %i/s leaves once, never faster than that in any second', async (rate) => {
    const tenant = await lab.tenant({ throughput: rate });
    await lab.sendOne(tenant);
    await lab.fill(tenant, rate * 4);
    const messages = await lab.settled(tenant);
    expect(messages.filter(({ status }) => !ok(status))).toEqual([]);
    const { total, duplicates } = await tenant.control.counts(tenant.phoneNumberId);
    expect({ total, duplicates }).toEqual({ total: rate * 4 + 1, duplicates: {} });
    const stats = await tenant.control.stats(tenant.phoneNumberId);
    expect(stats.max_accepted_per_sliding_second).toBeLessThanOrEqual(rate);
    // The sandbox counts arrivals, and a busy machine bunches some of those; without slots most would be refused.
    const refused = await tenant.control.requests(tenant.phoneNumberId, { error_code: '130429' });
    expect(refused.length).toBeLessThanOrEqual(rate * 0.4);
  });

  it("of one number does not hold up another's message", async () => {
    const [busy, quiet] = [await lab.tenant({ throughput: 20 }), await lab.tenant()];
    await lab.sendOne(busy);
    const backlog = await lab.fill(busy, 400);
    // The first message of a number waits a second (nothing is known of its past in Redis).
    await lab.sendOne(quiet);
    await lab.settled(quiet);
    await lab.sendOne(quiet, '201088888888');
    const [, second] = await lab.settled(quiet);
    expect(second?.late_ms).toBeLessThan(2000);
    const waiting = (await lab.messages(busy)).filter(({ id, status }) => backlog.includes(id) && status === 'queued');
    expect(waiting.length).toBeGreaterThan(0);
    await busy.rows('DELETE FROM messages WHERE tenant_id = $1', [busy.id]);
  });

  it('is sent when its time has come, and dropped when it is over', async () => {
    const tenant = await lab.tenant();
    await lab.sendOne(tenant);
    await lab.settled(tenant);
    const [scheduled] = await lab.fill(tenant, 1, `now() + interval '1500 milliseconds'`);
    const [never] = await lab.fill(tenant, 1, `now() + interval '1 hour'`, `now() + interval '300 milliseconds'`);
    const messages = await lab.settled(tenant);
    const sent = messages.find(({ id }) => id === scheduled);
    expect(ok(sent?.status ?? '')).toBe(true);
    // Prepared just before, written at its slot.
    expect(sent?.late_ms).toBeGreaterThan(-100);
    expect(messages.find(({ id }) => id === never)).toMatchObject({ status: 'expired', attempt_no: 0 });
  });
});

describe("WhatsApp's errors", () => {
  it('that pass are tried again, and counted', async () => {
    const tenant = await lab.tenant();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131016, count: 1 });
    await lab.sendOne(tenant);
    expect(await lab.settled(tenant)).toMatchObject([{ retries: 1, attempt_no: 2 }]);
    const attempts = await tenant.rows<{ state: string }>(
      `SELECT a.state FROM attempts a JOIN messages m ON m.id = a.message_id WHERE m.tenant_id = $1 ORDER BY a.attempt_no`,
      [tenant.id],
    );
    expect(attempts.map(({ state }) => state)).toEqual(['refused', 'accepted']);
  });

  it('that do not pass fail the message with their code', async () => {
    const tenant = await lab.tenant();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131026, count: 1 });
    await lab.sendOne(tenant);
    expect(await lab.settled(tenant)).toMatchObject([{ status: 'failed', error_code: '131026', attempt_no: 1 }]);
  });

  it('of the number pause it; what is queued waits, and leaves after it was resumed', async () => {
    const tenant = await lab.tenant();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131031, count: 1 });
    await lab.sendOne(tenant);
    const number = async () => {
      const [row] = await tenant.rows<{ paused_code: number | null; paused_at: Date | null }>(
        'SELECT paused_code, paused_at FROM phone_numbers WHERE id = $1',
        [tenant.numberId],
      );
      return row;
    };
    await eventually('the number being paused', async () => ((await number())?.paused_at ? true : undefined));
    expect((await number())?.paused_code).toBe(131031);
    const waiting = await lab.fill(tenant, 5);
    const seen = (await tenant.control.requests(tenant.phoneNumberId)).length;
    // Several looks of both feeders.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await tenant.control.requests(tenant.phoneNumberId)).length).toBe(seen);
    const held = await lab.messages(tenant);
    expect(held.filter(({ id }) => waiting.includes(id)).every(({ status }) => status === 'queued')).toBe(true);
    await tenant.rows('UPDATE phone_numbers SET paused_at = NULL, paused_code = NULL WHERE id = $1', [tenant.numberId]);
    const messages = await lab.settled(tenant);
    expect(messages).toHaveLength(6);
    expect(messages.every(({ status, retries }) => ok(status) && retries === 0)).toBe(true);
  });

  it('about too many messages slow the number down, and cost no message', async () => {
    const tenant = await lab.tenant({ throughput: 80 });
    await tenant.control.changeNumber(tenant.phoneNumberId, { throughput: 25 });
    await lab.sendOne(tenant);
    await lab.fill(tenant, 60);
    const messages = await lab.settled(tenant);
    expect(messages.every(({ status }) => ok(status))).toBe(true);
    expect((await tenant.control.counts(tenant.phoneNumberId)).duplicates).toEqual({});
  });
});

describe('an answer that never comes', () => {
  it('makes the message unknown, and a status webhook settles it', async () => {
    const tenant = await lab.tenant();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'accept_then_drop', count: 1 });
    await lab.sendOne(tenant);
    expect(await lab.settled(tenant)).toMatchObject([{ attempt_no: 1 }]);
    const [row] = await tenant.rows<{ wamid: string | null; status: string; was_unknown: boolean }>(
      `SELECT wamid, status, unknown_at IS NOT NULL AS was_unknown FROM messages WHERE tenant_id = $1`,
      [tenant.id],
    );
    expect(row?.wamid).not.toBeNull();
    expect((await tenant.control.counts(tenant.phoneNumberId)).total).toBe(1);
  });
});
