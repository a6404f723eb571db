import { jest } from '@jest/globals';
import { FAULT_TEST_MS, FaultLab } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

/** What WhatsApp may do with its webhooks, all of it at once. */
describe('webhooks that come early, twice, late and in any order', () => {
  let lab: FaultLab;

  beforeAll(async () => {
    lab = await FaultLab.start();
  });
  afterAll(() => lab.stop());

  it('leave every message where it belongs', async () => {
    await lab.tenant.control.changeNumber(lab.tenant.phoneNumberId, {
      behaviour: { answer_after_webhook: true, duplicate: 0.5, reorder: 0.5, skip: { delivered: 0.3 } },
    });
    const sends = await lab.sendDuring(200, () => Promise.resolve());
    expect(sends.unanswered).toBe(0);
    await lab.expectPromisesKept(sends);
    const [left] = await lab.tenant.rows<{ n: number }>('SELECT count(*)::int AS n FROM parked_statuses');
    expect(left?.n).toBe(0);
  });
});
