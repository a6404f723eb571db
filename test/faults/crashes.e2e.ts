import { jest } from '@jest/globals';
import { FAULT_TEST_MS, FaultLab } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

const MESSAGES = 300;

/** kill -9 with a few hundred messages under way. Each test hurts an installation of its own. */
describe('a crash', () => {
  let lab: FaultLab;

  beforeEach(async () => {
    // Handed over by upload: WhatsApp cannot fetch from an API that was just killed, and would rightly say 131053.
    lab = await FaultLab.start({ env: { MEDIA_DELIVERY: 'upload' } });
  });
  afterEach(() => lab.stop());

  it('of the worker in mid-send loses nothing and sends nothing twice', async () => {
    // Requests stay on the wire long enough to be killed there.
    await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'delay', delay_ms: 150 });
    const [worker] = lab.installation.workers;
    const sends = await lab.sendDuring(MESSAGES, async () => {
      await lab.tenant.control.wait({ kind: 'request', phone_number_id: lab.tenant.phoneNumberId, count: '20' });
      await worker?.crash();
      await worker?.start();
    });
    expect(sends.unanswered).toBe(0);
    const stored = await lab.expectPromisesKept(sends);
    expect(stored).toHaveLength(MESSAGES);
    // A request that was about to be written when the worker died may have left: nobody knows, so it is not repeated.
    const unread = stored.filter(({ status }) => status !== 'read');
    expect(unread.filter(({ error_code }) => error_code !== 'UNKNOWN_OUTCOME')).toEqual([]);
    expect(unread.length).toBeLessThan(MESSAGES / 10);
  });

  it('of the API in mid-request loses nothing that was answered, and keeps nothing half done', async () => {
    const { api } = lab.installation;
    const sends = await lab.sendDuring(MESSAGES, async () => {
      await api.crash();
      await api.start();
    });
    expect(sends.accepted.length).toBeGreaterThan(0);
    await lab.expectPromisesKept(sends);
    const [half] = await lab.tenant.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM chats c WHERE c.tenant_id = $1 AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.chat_id = c.id)`,
      [lab.tenant.id],
    );
    expect(half?.n).toBe(0);
  });

  it('of Redis, started again empty, loses nothing, sends nothing twice and refuses nobody', async () => {
    const sends = await lab.sendDuring(MESSAGES, async () => {
      await lab.redis.crash();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await lab.redis.start();
    });
    expect(sends.unanswered).toBe(0);
    const stored = await lab.expectPromisesKept(sends);
    expect(stored).toHaveLength(MESSAGES);
  });

  it('of API and worker together, with webhooks on their way, loses no webhook that was answered', async () => {
    const { api, workers } = lab.installation;
    const sends = await lab.sendDuring(MESSAGES, async () => {
      await Promise.all([api.crash(), ...workers.map((worker) => worker.crash())]);
      await Promise.all([api.start(), ...workers.map((worker) => worker.start())]);
    });
    await lab.expectPromisesKept(sends);
  });
});
