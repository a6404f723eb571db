import { jest } from '@jest/globals';
import { CHANGES, KillLab } from './kill-lab.js';

jest.setTimeout(240_000);

it('10,000 changes under kill -9 of API, workers and Redis are one event each, and none was invented', async () => {
  const lab = await KillLab.start();
  try {
    await lab.changes(async () => {
      await lab.after(4);
      await lab.hurt('worker');
      await lab.after(10);
      await lab.hurt('api');
      await lab.after(16);
      await lab.hurt('redis');
      await lab.after(26);
      await Promise.all([lab.hurt('worker'), lab.hurt('api'), lab.hurt('redis')]);
      await lab.after(37);
      await lab.hurt('worker');
    });
    const events = await lab.expectOneToOne();
    expect(events).toHaveLength(CHANGES);
    expect(CHANGES).toBe(10_000);
  } finally {
    await lab.stop();
  }
});
