import { MaintenanceLease } from '../../src/maintenance/maintenance-lease.js';
import { MaintenanceLab } from './maintenance-lab.js';

let lab: MaintenanceLab;
beforeEach(async () => {
  lab = await MaintenanceLab.create();
});
afterEach(() => lab.close());

const due = async (): Promise<boolean> => (await lab.process().run()) !== null;
const finishedAt = (time: string): Promise<void> =>
  lab.outbox.run(`UPDATE daily_maintenance SET next_try_at = NULL, finished_at = ${time}`);

describe('the daily job', () => {
  it('runs once a day: again from the hour on, however many workers ask', async () => {
    expect((await Promise.all([due(), due(), due()])).filter(Boolean)).toHaveLength(1);
    expect(await due()).toBe(false);
    const { rows } = await lab.outbox.postgres.pool.query<{ hour: number }>(
      `SELECT extract(hour FROM now() AT TIME ZONE 'UTC')::int AS hour`,
    );
    lab.outbox.settings.MAINTENANCE_HOUR = rows[0]?.hour ?? 0;
    await finishedAt(`date_trunc('hour', now())`);
    expect(await due()).toBe(false);
    await finishedAt(`date_trunc('hour', now()) - interval '1 second'`);
    expect(await due()).toBe(true);
  });

  it('makes up days on which no worker ran', async () => {
    const days = [await lab.inboxDay(18), await lab.inboxDay(17), await lab.inboxDay(16)];
    await finishedAt(`now() - interval '4 days'`);
    expect((await lab.process().run())?.dropped).toEqual(days);
  });

  it('is one process’ at a time, until its lease lapses', async () => {
    const first = await MaintenanceLease.take(lab.outbox.postgres, 2, true);
    expect(await lab.process().run({ force: true })).toBeNull();
    await lab.outbox.run(`UPDATE daily_maintenance SET leased_until = now() + interval '1 second'`);
    await first?.renew();
    await lab.outbox.run(`UPDATE daily_maintenance SET leased_until = leased_until - interval '60 seconds'`);
    expect(await lab.process().run({ force: true })).toBeNull();
    await lab.outbox.run(`UPDATE daily_maintenance SET leased_until = now()`);
    expect(await lab.process().run()).not.toBeNull();
    await expect(first?.renew()).rejects.toThrow('lapsed');
    // Too late to say that it is done, and nobody's lease to give back.
    await finishedAt('NULL');
    await first?.end('done');
    expect(await due()).toBe(true);
  });

  it('that had to leave something is tried again after ten minutes', async () => {
    await lab.outbox.run('ALTER TABLE whatsapp_media_ids RENAME TO hidden');
    expect(await lab.process().run()).toMatchObject({ left: ['whatsapp_media_ids'] });
    expect(await due()).toBe(false);
    await lab.outbox.run(`UPDATE daily_maintenance SET next_try_at = next_try_at - interval '9 minutes 50 seconds'`);
    expect(await due()).toBe(false);
    await lab.outbox.run(`UPDATE daily_maintenance SET next_try_at = next_try_at - interval '10 seconds'`);
    await lab.outbox.run('ALTER TABLE hidden RENAME TO whatsapp_media_ids');
    expect(await lab.process().run()).toMatchObject({ left: [] });
  });

  it('that its process broke off goes on in another at once', async () => {
    const stopping = new AbortController();
    stopping.abort();
    const day = await lab.inboxDay(16);
    expect(await lab.process().run({ signal: stopping.signal })).toMatchObject({ dropped: [] });
    expect(await lab.process().run()).toMatchObject({ dropped: [day] });
  });
});
