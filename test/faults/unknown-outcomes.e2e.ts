import { jest } from '@jest/globals';
import { EVERY_KIND, FAULT_TEST_MS, FaultLab } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

/** A call whose outcome nobody knows is never repeated blindly; a status, or the tenant's policy, settles it. */
describe('an unknown outcome', () => {
  describe('with the policy fail', () => {
    let lab: FaultLab;

    beforeAll(async () => {
      lab = await FaultLab.start();
    });
    afterAll(() => lab.stop());

    it.each(['accept_then_drop', 'wrong_json'])(
      'of messages that WhatsApp took (%s) is settled by their statuses',
      async (kind) => {
        await lab.tenant.control.clearFaults(lab.tenant.phoneNumberId);
        await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind, probability: 0.5 });
        const sends = await lab.sendDuring(60, () => Promise.resolve());
        const stored = await lab.expectPromisesKept(sends);
        expect(stored.some(({ was_unknown }) => was_unknown)).toBe(true);
        expect(stored.every(({ status }) => status === 'read')).toBe(true);
        expect(stored.every(({ attempts }) => attempts === 1)).toBe(true);
      },
    );

    it('of every kind of message is settled by its status', async () => {
      await lab.tenant.control.clearFaults(lab.tenant.phoneNumberId);
      await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'accept_then_drop', probability: 0.5 });
      const before = (await lab.stored()).length;
      const sends = await lab.sendDuring(60, () => Promise.resolve(), 12, EVERY_KIND);
      const stored = (await lab.expectPromisesKept(sends)).slice(before);
      expect(stored.some(({ was_unknown }) => was_unknown)).toBe(true);
      expect(stored.map(({ status }) => status)).toEqual(stored.map(() => 'read'));
    });

    it.each(['html_502', 'http_500', 'drop_before_accept'])(
      'of messages that WhatsApp did not take (%s) fails when nothing is heard',
      async (kind) => {
        await lab.tenant.control.clearFaults(lab.tenant.phoneNumberId);
        await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind, count: 5 });
        const before = (await lab.stored()).length;
        const sends = await lab.sendDuring(20, () => Promise.resolve());
        await lab.expectPromisesKept(sends);
        const failed = (await lab.stored()).slice(before).filter(({ status }) => status === 'failed');
        expect(failed.map(({ error_code }) => error_code)).toEqual(Array(5).fill('UNKNOWN_OUTCOME'));
      },
    );
  });

  describe('with the policy resend', () => {
    let lab: FaultLab;

    beforeAll(async () => {
      lab = await FaultLab.start({ tenant: { settings: { unknown_policy: 'resend' } } });
    });
    afterAll(() => lab.stop());

    it('of messages that WhatsApp did not take is sent again after the wait', async () => {
      await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'html_502', count: 5 });
      const sends = await lab.sendDuring(20, () => Promise.resolve());
      const stored = await lab.expectPromisesKept(sends);
      expect(stored.every(({ status }) => status === 'read')).toBe(true);
      expect(stored.filter(({ attempts }) => attempts === 2)).toHaveLength(5);
    });
  });

  describe('is not what a certain failure is', () => {
    let lab: FaultLab;

    beforeAll(async () => {
      lab = await FaultLab.start();
    });
    afterAll(() => lab.stop());

    it('a call that WhatsApp refused for the moment is tried again', async () => {
      await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'error', code: 131016, count: 3 });
      const sends = await lab.sendDuring(10, () => Promise.resolve());
      const stored = await lab.expectPromisesKept(sends);
      expect(stored.every(({ status }) => status === 'read')).toBe(true);
      expect(stored.some(({ was_unknown }) => was_unknown)).toBe(false);
    });

    it('a number whose token has expired is paused, its messages wait, and go out when it is resumed', async () => {
      await lab.tenant.control.addFault(lab.tenant.phoneNumberId, { kind: 'error', code: 190, count: 1 });
      const sends = await lab.sendDuring(1, () => Promise.resolve());
      const [number] = await lab.tenant.rows<{ paused_code: number; paused_reason: string }>(
        'SELECT paused_code, paused_reason FROM phone_numbers WHERE id = $1 AND paused_at IS NOT NULL',
        [lab.tenant.numberId],
      );
      expect(number?.paused_code).toBe(190);
      const id = sends.accepted[0] ?? 0;
      const { body } = await lab.tenant.api.getMessage(id);
      expect(['queued', 'sending']).toContain(body.data?.status);
      expect(body.data?.hold_reason).toBe(number?.paused_reason);
      await lab.tenant.rows(
        'UPDATE phone_numbers SET paused_at = NULL, paused_code = NULL, paused_reason = NULL WHERE id = $1',
        [lab.tenant.numberId],
      );
      const stored = await lab.settled();
      expect(stored.find((message) => message.id === id)?.status).toBe('read');
    });
  });
});
