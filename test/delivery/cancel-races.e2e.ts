import { jest } from '@jest/globals';
import { SendingLab } from './sending-lab.js';

// Four processes start.
jest.setTimeout(120_000);

const MESSAGES = 300;
const PARALLEL = 6;

describe('cancelling what three workers are sending', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({ workers: 3, env: { MEDIA_DELIVERY: 'upload' } });
  });
  afterAll(() => lab.stop());

  it('tells the truth of every message: cancelled never goes out, too late does', async () => {
    // Slow enough that cancelling overtakes it, also on a busy machine.
    const tenant = await lab.tenant({ throughput: 20 });
    await lab.sendOne(tenant);
    await lab.settled(tenant);
    // Requests stay on the wire for a while, so that many are found there.
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 1000 });
    const ids = await lab.fill(tenant, MESSAGES);
    await tenant.control.wait({ kind: 'message', phone_number_id: tenant.phoneNumberId, count: '20' });
    const cancelled = new Set<number>();
    const refused = new Map<number, unknown>();
    // Anywhere in the backlog: what has left, what is leaving, and what has not.
    const queue = ids
      .map((id) => ({ id, at: Math.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ id }) => id);
    const caller = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        const { status, body } = await tenant.api.request('POST', `/api/v2/messages/${id}/cancel`);
        if (status === 200) cancelled.add(id);
        else if (body.error?.code === 'MESSAGE_NOT_CANCELLABLE') refused.set(id, body.error.details?.status);
        else throw new Error(`not answered: ${JSON.stringify(body)}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, caller));
    const messages = await lab.settled(tenant);
    const { counts, duplicates } = await tenant.control.counts(tenant.phoneNumberId);
    expect(duplicates).toEqual({});
    expect(cancelled.size).toBeGreaterThan(0);
    expect(refused.size).toBeGreaterThan(0);
    const wrong = ids.filter((id) => (counts[`m=${id}`] ?? 0) !== (cancelled.has(id) ? 0 : 1));
    expect(wrong).toEqual([]);
    expect(messages.filter(({ status }) => status === 'cancelled').map(({ id }) => id)).toEqual(
      ids.filter((id) => cancelled.has(id)),
    );
    // Told while it was on its way, not only afterwards.
    expect([...refused.values()]).toContain('sending');
  });
});
