import pg from 'pg';
import { MaintenanceLab } from './maintenance-lab.js';

let lab: MaintenanceLab;
beforeEach(async () => {
  lab = await MaintenanceLab.create();
});
afterEach(() => lab.close());

describe('days of raw webhooks', () => {
  it('go when they ended longer ago than their retention, and not a day earlier', async () => {
    const [old, young] = [await lab.inboxDay(16), await lab.inboxDay(14)];
    await lab.webhooks(16, 3);
    await lab.webhooks(14, 2);
    expect((await lab.run()).dropped).toEqual([old]);
    expect(await lab.partitions('webhook_inbox')).toContain(young);
    expect(await lab.count('webhook_inbox')).toBe(2);
  });

  it('stay whole while one of their webhooks was not processed', async () => {
    const day = await lab.inboxDay(100);
    await lab.webhooks(100, 5);
    await lab.webhooks(100, 1, false);
    expect(await lab.run()).toMatchObject({ dropped: [], kept: [day], left: [] });
    expect(await lab.count('webhook_inbox')).toBe(6);
    await lab.outbox.run('UPDATE webhook_inbox SET processed_at = now()');
    expect(await lab.run()).toMatchObject({ dropped: [day], kept: [] });
  });

  it('that found no partition are deleted from the default one in steps, unless they were not processed', async () => {
    await lab.webhooks(30, 1100);
    await lab.webhooks(30, 1, false);
    await lab.webhooks(13, 1);
    expect(await lab.run()).toMatchObject({ webhooks: 1100 });
    expect(await lab.count('webhook_inbox_default')).toBe(2);
  });

  it('are made ahead', async () => {
    await lab.outbox.run(`DO $$ DECLARE p text; BEGIN
      FOR p IN SELECT inhrelid::regclass::text FROM pg_inherits
                WHERE inhparent = 'webhook_inbox'::regclass AND inhrelid::regclass::text <> 'webhook_inbox_default'
      LOOP EXECUTE 'DROP TABLE ' || p; END LOOP; END $$`);
    await lab.run();
    expect(await lab.partitions('webhook_inbox')).toHaveLength(9);
  });
});

describe('months of the audit trail', () => {
  /** So many entries of a day, `daysAgo` days before now. */
  const entries = (daysAgo: number, count: number): Promise<void> =>
    lab.outbox.run(
      `INSERT INTO audit (at, action) SELECT now() - make_interval(days => $1), 'plan.updated' FROM generate_series(1, $2::int)`,
      [daysAgo, count],
    );

  it('go when they ended longer ago than their retention', async () => {
    await lab.outbox.run(
      `DO $$ DECLARE first date := date_trunc('month', now() - interval '400 days'); BEGIN
         EXECUTE format('CREATE TABLE audit_old PARTITION OF audit FOR VALUES FROM (%L) TO (%L)', first - 60, first);
       END $$`,
    );
    await entries(441, 3);
    await entries(1, 2);
    expect((await lab.run()).dropped).toEqual(['audit_old']);
    expect(await lab.count('audit')).toBe(2);
  });

  it('that found no partition are deleted from the default one in steps', async () => {
    await entries(366, 1100);
    await entries(364, 1);
    expect(await lab.run()).toMatchObject({ auditEntries: 1100 });
    expect(await lab.count('audit_default')).toBe(1);
  });

  it('are made ahead: this one and the next two', async () => {
    await lab.run();
    expect(await lab.partitions('audit')).toHaveLength(4);
  });
});

describe('ranges of attempts', () => {
  const old = { status: `'read'`, next_at: null, created_at: `now() - interval '91 days'` };

  /** Message 10 in the first range, and a later one that closes it. */
  async function firstRange(columns: Record<string, string | number | null>): Promise<void> {
    await lab.smallAttemptPartitions();
    const sender = await lab.outbox.sender();
    await lab.outbox.message(sender, { ...old, ...columns, id: 10 });
    await lab.outbox.attempt(10, 1, 'accepted');
    await lab.outbox.message(sender, { ...old, id: 1500, created_at: `now() - interval '2 days'` });
    await lab.outbox.attempt(1500, 1, 'accepted');
  }

  it('go when all their messages have ended and are older than the retention; the messages stay', async () => {
    await firstRange({});
    expect(await lab.run()).toMatchObject({ dropped: ['attempts_0'], kept: [], left: [] });
    expect(await lab.count('attempts')).toBe(1);
    expect(await lab.count('messages')).toBe(2);
  });

  it('stay while their newest message is young', async () => {
    await firstRange({ created_at: `now() - interval '89 days'` });
    expect(await lab.run()).toMatchObject({ dropped: [], kept: [] });
  });

  it.each(['queued', 'sending', 'unknown'])('stay while one of their messages is %s', async (status) => {
    await firstRange({ status: `'${status}'` });
    expect(await lab.run()).toMatchObject({ dropped: [], kept: ['attempts_0'] });
    expect(await lab.count('attempts')).toBe(2);
  });

  it('stay while new messages may still fall into them', async () => {
    await lab.smallAttemptPartitions();
    await lab.outbox.message(await lab.outbox.sender(), { ...old, id: 10 });
    expect(await lab.run()).toMatchObject({ dropped: [], kept: [] });
  });

  it('go when all their messages are gone', async () => {
    await firstRange({});
    await lab.outbox.run('DELETE FROM messages WHERE id = 10');
    expect((await lab.run()).dropped).toEqual(['attempts_0']);
  });

  it('that found no partition are deleted from the default one in steps, with the same care', async () => {
    await lab.smallAttemptPartitions();
    const sender = await lab.outbox.sender();
    await lab.outbox.message(sender, { ...old, id: 5000, status: `'unknown'` });
    await lab.outbox.message(sender, { ...old, id: 5001, created_at: 'now()' });
    await lab.outbox.message(sender, { ...old, id: 5002 });
    await lab.outbox.run(
      `INSERT INTO attempts (message_id, attempt_no, state, worker, claimed_at)
       SELECT id, 1, 'accepted', 'w', now() - interval '91 days' FROM generate_series(5000, 6200) id`,
    );
    await lab.outbox.attempt(6300, 1, 'accepted');
    expect(await lab.run()).toMatchObject({ attempts: 1199 });
    const { rows } = await lab.outbox.postgres.pool.query<{ id: number }>(
      'SELECT message_id AS id FROM attempts_default ORDER BY 1',
    );
    expect(rows.map(({ id }) => id)).toEqual([5000, 5001, 6300]);
  });
});

describe('a partition in use', () => {
  it('is left for later, and nobody else waits for it', async () => {
    const day = await lab.inboxDay(20);
    await lab.webhooks(20, 1);
    const reader = new pg.Client({ connectionString: lab.outbox.settings.DATABASE_URL });
    await reader.connect();
    await reader.query('BEGIN; SELECT count(*) FROM webhook_inbox');
    let ended = false;
    const run = lab.run().finally(() => (ended = true));
    // The intake's own statement, all the while, with the patience of a group.
    let stored = 0;
    while (!ended) {
      await lab.outbox.postgres.transaction(
        (sql) => sql.query('test_store', `INSERT INTO webhook_inbox (body, request_id) VALUES ('', gen_random_uuid())`),
        { lockTimeoutMs: 200 },
      );
      stored += 1;
    }
    expect(await run).toMatchObject({ dropped: [], left: [day] });
    expect(stored).toBeGreaterThan(50);
    await reader.end();
    expect((await lab.run()).dropped).toEqual([day]);
  });
});
