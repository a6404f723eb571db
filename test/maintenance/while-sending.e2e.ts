import { jest } from '@jest/globals';
import pg from 'pg';
import { FAULT_TEST_MS, FaultLab } from '../faults/fault-lab.js';
import { command, commandJson, type CommandResult } from '../operator/command.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

jest.setTimeout(FAULT_TEST_MS);

const OLD_MESSAGES = 4000;
const MESSAGES = 300;

interface Report {
  dropped: string[];
  left: string[];
}

/** A whole platform with a worker that sends, and thousands of rows that are too old. */
describe('the daily job while messages are sent', () => {
  let lab: FaultLab;
  let old: TestTenant;

  beforeEach(async () => {
    lab = await FaultLab.start({ env: { MEDIA_DELIVERY: 'upload' } });
    old = await TestTenant.create({ place: placeOf(lab) });
    // The worker's own run of this day is over: none of it comes between those of the test.
    await eventually("the worker's own run to end", async () => {
      const [idle] = await old.rows(
        'UPDATE daily_maintenance SET finished_at = now() WHERE run_id IS NULL RETURNING only_row',
      );
      return idle;
    });
    await fillWithOldRows(old);
  });
  afterEach(async () => {
    await old.close();
    await lab.stop();
  });

  it('deletes what is old, leaves to a long report what it reads, and loses and delays no message', async () => {
    const reader = new pg.Client({ connectionString: lab.installation.database.url });
    await reader.connect();
    await reader.query('BEGIN; SELECT count(*) FROM attempts; SELECT count(*) FROM webhook_inbox');
    let first: CommandResult | undefined;
    let second: Report | undefined;
    const sends = await lab.sendDuring(MESSAGES, async () => {
      const database = { DATABASE_URL: lab.installation.database.url };
      first = await command(['maintenance', 'run', '--json'], database);
      await reader.end();
      second = await commandJson<Report>(['maintenance', 'run'], database);
    });
    expect(sends.unanswered).toBe(0);
    expect(first).toMatchObject({ code: 1, stderr: 'error: Left for later: webhook_inbox_20200101\n' });
    expect(JSON.parse(first?.stdout ?? '')).toMatchObject({ messages: OLD_MESSAGES, dropped: [] });
    expect(second).toMatchObject({ dropped: ['webhook_inbox_20200101'], left: [] });
    expect(await lab.expectPromisesKept(sends)).toHaveLength(MESSAGES);
    expect(await old.rows('SELECT 1 FROM messages WHERE tenant_id = $1', [old.id])).toEqual([]);
    expect(await old.rows('SELECT 1 FROM attempts WHERE worker = $1', ['long gone'])).toEqual([]);
  });
});

function placeOf({ installation }: FaultLab): { apiUrl: string; sandboxUrl: string; databaseUrl: string } {
  const { api, sandbox, database } = installation;
  return { apiUrl: api.apiUrl, sandboxUrl: sandbox.url, databaseUrl: database.url };
}

async function fillWithOldRows(tenant: TestTenant): Promise<void> {
  const contactId = await tenant.insertContact({ phone: '201000000001' });
  await tenant.rows('UPDATE tenants SET message_retention_days = 30 WHERE id = $1', [tenant.id]);
  await tenant.rows(
    `WITH chat AS (
       INSERT INTO chats (tenant_id, number_id, contact_id) VALUES ($1, $2, $3) RETURNING id),
     old AS (
       INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, created_at)
       SELECT $1, $2, chat.id, $3, 'outbound', 'text', 'read', now() - interval '60 days'
         FROM chat, generate_series(1, $4::int) RETURNING id)
     INSERT INTO attempts (message_id, attempt_no, state, worker) SELECT id, 1, 'accepted', 'long gone' FROM old`,
    [tenant.id, tenant.numberId, contactId, OLD_MESSAGES],
  );
  await tenant.rows(
    `CREATE TABLE webhook_inbox_20200101 PARTITION OF webhook_inbox FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')`,
  );
  await tenant.rows(
    `INSERT INTO webhook_inbox (received_at, body, request_id, processed_at)
     SELECT '2020-01-01 12:00Z', '', gen_random_uuid(), now() FROM generate_series(1, 5000)`,
  );
}
