import { jest } from '@jest/globals';
import { CHANGES, KillLab } from './kill-lab.js';

jest.setTimeout(420_000);

it('10,000 changes under kill -9 of API, workers and Redis are one event each that is delivered, and none was invented', async () => {
  const lab = await KillLab.start();
  try {
    await lab.changes(async () => {
      const callers = async (): Promise<void> => {
        await lab.after(2);
        await lab.hurt('api');
        await lab.after(8);
        await lab.hurt('redis');
      };
      const hurt = callers();
      await lab.witness.holds(300);
      const far = lab.witness.holds(4000);
      await lab.hurt('worker');
      await Promise.all([hurt, far]);
      await Promise.all([lab.hurt('worker'), lab.hurt('api'), lab.hurt('redis')]);
    });
    const events = await lab.expectOneToOne();
    expect(events).toHaveLength(CHANGES);
    expect(CHANGES).toBe(10_000);
    await lab.expectDelivered(events);
  } finally {
    await lab.stop();
  }
});
