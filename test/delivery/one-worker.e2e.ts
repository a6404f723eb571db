import { eventually } from '../support/eventually.js';
import { SendingLab } from './sending-lab.js';

describe('a worker that hands files over first', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({ env: { MEDIA_DELIVERY: 'upload' } });
  });
  afterAll(() => lab.stop());

  it('uploads a file once for all messages of a number, and names it by its id', async () => {
    const tenant = await lab.tenant({ throughput: 80 });
    await lab.sendOne(tenant);
    await lab.settled(tenant);
    await lab.fill(tenant, 20);
    await lab.settled(tenant);
    const uploads = (await tenant.control.requests(tenant.phoneNumberId)).filter(({ path }) => path.endsWith('/media'));
    expect(uploads).toHaveLength(1);
    const messages = await tenant.control.messages(tenant.phoneNumberId);
    expect(messages).toHaveLength(21);
    expect(messages.every(({ media }) => media?.source === 'id')).toBe(true);
  });

  it('finishes what is on the wire and gives back the rest when it is stopped', async () => {
    const tenant = await lab.tenant({ throughput: 80 });
    await lab.sendOne(tenant);
    await lab.settled(tenant);
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 300 });
    await lab.fill(tenant, 200);
    await tenant.control.wait({ kind: 'request', phone_number_id: tenant.phoneNumberId, count: '30' });
    const [worker] = lab.installation.workers;
    expect(await worker?.stop()).toBe(0);
    const stopped = await lab.messages(tenant);
    expect(stopped.filter(({ attempt_state }) => attempt_state !== null)).toEqual([]);
    expect(stopped.filter(({ status }) => status === 'unknown')).toEqual([]);
    const due = await tenant.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM messages WHERE tenant_id = $1 AND status IN ('queued', 'sending') AND next_at <= now()`,
      [tenant.id],
    );
    const left = stopped.filter(({ status }) => status === 'queued' || status === 'sending').length;
    expect(left).toBeGreaterThan(0);
    expect(due[0]?.n).toBe(left);
    await tenant.control.clearFaults(tenant.phoneNumberId);
    await worker?.start();
    await lab.settled(tenant);
    const { total, duplicates } = await tenant.control.counts(tenant.phoneNumberId);
    expect({ total, duplicates }).toEqual({ total: 201, duplicates: {} });
  });

  it('takes nothing more out of the queue while it stops', async () => {
    const [slow, other] = [await lab.tenant({ throughput: 80 }), await lab.tenant({ throughput: 80 })];
    await Promise.all([lab.sendOne(slow), lab.sendOne(other)]);
    await Promise.all([lab.settled(slow), lab.settled(other)]);
    await slow.control.addFault(slow.phoneNumberId, { kind: 'delay', delay_ms: 5000 });
    await lab.sendOne(slow, '201099999998');
    // Its slot is over by then: it is on the wire.
    await eventually('the slow call', async () => {
      const calls = await slow.rows(
        `SELECT FROM attempts a JOIN messages m ON m.id = a.message_id WHERE m.tenant_id = $1
            AND a.state = 'submitting' AND a.submitting_at < now() - interval '300 milliseconds'`,
        [slow.id],
      );
      return calls.length > 0 ? true : undefined;
    });
    const [worker] = lab.installation.workers;
    let stopped = false;
    const begun = performance.now();
    const stop = worker?.stop().finally(() => (stopped = true));
    const late: number[] = [];
    let sent = 1;
    for (; !stopped; sent += 1) {
      const isLate = performance.now() - begun > 1500;
      const id = await lab.sendOne(other, `2010${88_000_000 + sent}`);
      if (isLate) late.push(id);
    }
    expect(await stop).toBe(0);
    // Released to the queue, and neither claimed nor given back by the worker that was stopping.
    const left = await other.rows<{ id: number }>(
      `SELECT id::int FROM messages WHERE id = ANY ($1) AND status = 'queued' AND updated_at = created_at`,
      [late],
    );
    expect(late.length).toBeGreaterThan(0);
    expect(left).toHaveLength(late.length);
    await slow.control.clearFaults(slow.phoneNumberId);
    await worker?.start();
    await Promise.all([lab.settled(slow), lab.settled(other)]);
    expect(await other.control.counts(other.phoneNumberId)).toMatchObject({ total: sent, duplicates: {} });
  });

  it('takes up again what another one held when it was killed', async () => {
    const tenant = await lab.tenant({ throughput: 80 });
    await lab.sendOne(tenant);
    await lab.settled(tenant);
    await lab.fill(tenant, 40);
    const [worker] = lab.installation.workers;
    await eventually('a message in work', async () =>
      (await lab.messages(tenant)).some(({ attempt_state }) => attempt_state !== null) ? true : undefined,
    );
    await worker?.crash();
    await tenant.rows(
      `UPDATE messages SET next_at = now() - interval '1 second' WHERE tenant_id = $1 AND status IN ('queued', 'sending') AND next_at > now()`,
      [tenant.id],
    );
    await worker?.start();
    const messages = await eventually('every message leaving or being unknown', async () => {
      const all = await lab.messages(tenant);
      return all.some(({ status }) => status === 'queued' || status === 'sending') ? undefined : all;
    });
    expect(messages).toHaveLength(41);
    expect((await tenant.control.counts(tenant.phoneNumberId)).duplicates).toEqual({});
  });
});
