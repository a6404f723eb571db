import { MaintenanceLab } from './maintenance-lab.js';

let lab: MaintenanceLab;
beforeEach(async () => {
  lab = await MaintenanceLab.create();
});
afterEach(() => lab.close());

/** A partition of one day, `daysAgo` days before today (UTC). */
async function day(table: 'events' | 'webhook_deliveries', daysAgo: number): Promise<string> {
  const { rows } = await lab.outbox.postgres.pool.query<{ name: string; day: string; next: string }>(
    `SELECT $1 || '_' || to_char(current_date - $2::int, 'YYYYMMDD') AS name,
            (current_date - $2::int)::text AS day, (current_date - $2::int + 1)::text AS next`,
    [table, daysAgo],
  );
  const [one] = rows;
  if (!one) throw new Error('the database has no today');
  await lab.outbox.run(
    `CREATE TABLE ${one.name} PARTITION OF ${table} FOR VALUES FROM ('${one.day}') TO ('${one.next}')`,
  );
  return one.name;
}

/** So many events of a day (at noon, UTC), each with a delivery; one that is not pending has ended. */
const events = (daysAgo: number, count: number, pending = false): Promise<void> =>
  lab.outbox.run(
    `WITH e AS (
       INSERT INTO events (id, created_at, tenant_id, event_id, type, resource_id, occurred_at, payload)
       SELECT n, current_date - $1::int + interval '12 hours', 1, 'evt', 'source.created', n, now(), '{}'
         FROM generate_series(1, $2::int) AS n RETURNING id, created_at)
     INSERT INTO webhook_deliveries (created_at, tenant_id, webhook_id, event_created_at, event_id, resource, next_at)
     SELECT created_at, 1, 1, created_at, id, 'source:1', CASE WHEN $3 THEN now() END FROM e`,
    [daysAgo, count, pending],
  );

it('days of events and their deliveries go when they ended longer ago than their retention, and not a day earlier', async () => {
  const old = [await day('webhook_deliveries', 32), await day('events', 32)];
  const young = [await day('webhook_deliveries', 30), await day('events', 30)];
  await events(32, 3);
  await events(30, 2);
  expect((await lab.run()).dropped).toEqual(old);
  expect(await lab.partitions('webhook_deliveries')).toContain(young[0]);
  expect(await lab.partitions('events')).toContain(young[1]);
  expect([await lab.count('events'), await lab.count('webhook_deliveries')]).toEqual([2, 2]);
});

it('days stay whole while one of their deliveries is still to be made', async () => {
  const both = [await day('webhook_deliveries', 40), await day('events', 40)];
  await events(40, 3);
  await lab.outbox.run('UPDATE webhook_deliveries SET next_at = now() WHERE event_id = 2');
  expect(await lab.run()).toMatchObject({ dropped: [], kept: both });
  await lab.outbox.run('UPDATE webhook_deliveries SET next_at = NULL');
  expect((await lab.run()).dropped).toEqual(both);
});

it('a replay keeps the event that it delivers, not the deliveries of its day', async () => {
  const deliveries = await day('webhook_deliveries', 40);
  const kept = await day('events', 40);
  await events(40, 1);
  await lab.outbox.run(
    `INSERT INTO webhook_deliveries (tenant_id, webhook_id, event_created_at, event_id, resource)
     SELECT tenant_id, 1, created_at, id, 'source:1' FROM events`,
  );
  expect(await lab.run()).toMatchObject({ dropped: [deliveries], kept: [kept] });
});

it('what found no partition is deleted in steps, unless it is still to be delivered', async () => {
  await events(32, 1100);
  await events(31, 1, true);
  await events(29, 1);
  expect(await lab.run()).toMatchObject({ events: 1100, eventDeliveries: 1100 });
  expect([await lab.count('events_default'), await lab.count('webhook_deliveries_default')]).toEqual([2, 2]);
});

it('changes that could not be told of in all that time are given up; one that waits is not', async () => {
  await lab.outbox.run(
    `INSERT INTO event_outbox (tenant_id, type, resource_id, occurred_at, retry_at)
     VALUES (1, 'source.created', 1, now() - interval '31 days', now()),
            (1, 'source.created', 2, now() - interval '29 days', now()),
            (1, 'source.created', 3, now() - interval '31 days', NULL)`,
  );
  expect(await lab.run()).toMatchObject({ untoldChanges: 1 });
  expect(await lab.count('event_outbox')).toBe(2);
});

it('days are made ahead', async () => {
  await lab.run();
  expect(await lab.partitions('events')).toHaveLength(9);
  expect(await lab.partitions('webhook_deliveries')).toHaveLength(9);
});
