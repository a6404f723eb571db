import pg from 'pg';
import type { Row } from '../../src/platform/database/postgres.js';
import { deleteOldMessages } from '../../src/maintenance/rows/message-retention.js';
import type { Sender } from '../delivery/outbox.js';
import { MaintenanceLab } from './maintenance-lab.js';

let lab: MaintenanceLab;
beforeEach(async () => {
  lab = await MaintenanceLab.create();
});
afterEach(() => lab.close());

const daysOld = (days: number, status = 'read') => ({
  status: `'${status}'`,
  next_at: null,
  created_at: `now() - interval '${days} days'`,
});

async function keeping(days: number | null): Promise<Sender> {
  const sender = await lab.outbox.sender();
  await lab.outbox.run('UPDATE tenants SET message_retention_days = $2 WHERE id = $1', [sender.tenantId, days]);
  return sender;
}

const left = async (sender: Sender): Promise<number[]> =>
  (
    await lab.outbox.postgres.pool.query<{ id: number }>('SELECT id FROM messages WHERE tenant_id = $1 ORDER BY id', [
      sender.tenantId,
    ])
  ).rows.map(({ id }) => id);

describe('old messages', () => {
  it('go after the tenant’s own number of days, and not a day earlier; without one they stay', async () => {
    const [thirty, ten, forEver] = [await keeping(30), await keeping(10), await keeping(null)];
    const stays: number[] = [];
    for (const sender of [thirty, ten, forEver]) await lab.outbox.message(sender, daysOld(31));
    stays.push(await lab.outbox.message(thirty, daysOld(29)));
    await lab.outbox.message(ten, daysOld(11));
    stays.push(await lab.outbox.message(ten, daysOld(9)));
    expect(await lab.run()).toMatchObject({ messages: 3 });
    expect([...(await left(thirty)), ...(await left(ten))]).toEqual(stays);
    expect(await left(forEver)).toHaveLength(1);
  });

  it('stay while they have not come to an end', async () => {
    const sender = await keeping(8);
    for (const status of ['queued', 'sending', 'unknown']) await lab.outbox.message(sender, daysOld(100, status));
    const open = await left(sender);
    for (const status of ['sent', 'delivered', 'played', 'failed', 'expired', 'cancelled', 'received']) {
      await lab.outbox.message(sender, daysOld(100, status));
    }
    expect(await lab.run()).toMatchObject({ messages: 7 });
    expect(await left(sender)).toEqual(open);
  });

  it('take their attempts and their media along; chats and contacts stay', async () => {
    const sender = await keeping(8);
    const [old, young] = [await lab.outbox.message(sender, daysOld(9)), await lab.outbox.message(sender, daysOld(7))];
    for (const id of [old, young]) await lab.outbox.attempt(id, 1, 'accepted');
    await lab.run();
    expect(await lab.outbox.attempts(old)).toEqual([]);
    expect(await lab.outbox.attempts(young)).toHaveLength(1);
    // The links that have ended are the collector's.
    expect(await lab.count('media_links', 'expires_at <= now()')).toBe(1);
    expect(await lab.count('media_links', 'expires_at IS NULL')).toBe(1);
    expect(await lab.count('chats')).toBe(2);
    expect(await lab.count('contacts')).toBe(2);
  });

  it('are passed over while somebody holds them', async () => {
    const sender = await keeping(8);
    const [held] = await lab.outbox.messages(sender, 3, daysOld(9));
    const other = new pg.Client({ connectionString: lab.outbox.settings.DATABASE_URL });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM messages WHERE id = $1 FOR UPDATE', [held]);
    expect(await lab.run()).toMatchObject({ messages: 2 });
    await other.end();
    expect(await left(sender)).toEqual([held]);
  });

  it('go step by step, the tenants in turn', async () => {
    const [large, small] = [await keeping(8), await keeping(8)];
    await lab.outbox.messages(large, 2001, daysOld(9));
    await lab.outbox.messages(small, 2, daysOld(9));
    const progress: string[] = [];
    const { postgres } = lab.outbox;
    const query = postgres.query.bind(postgres);
    postgres.query = async <T extends object>(name: string, text: string, parameters: unknown[] = []): Promise<T[]> => {
      const rows = await query<T>(name, text, parameters);
      if (name === 'maintenance_delete_messages') progress.push(parameters[0] === large.tenantId ? 'large' : 'small');
      return rows;
    };
    expect(await lab.run()).toMatchObject({ messages: 2003 });
    expect(progress).toEqual(['large', 'small', 'large', 'large', 'large', 'large']);
  });

  it('cost a tenant that has none one page, however many young ones it has', async () => {
    const sender = await keeping(8);
    await lab.outbox.messages(sender, 5000, daysOld(1));
    await lab.outbox.run('VACUUM ANALYZE messages');
    const client = await lab.outbox.postgres.pool.connect();
    try {
      await client.query('BEGIN');
      const before = await rowsRead(client);
      const step = await deleteOldMessages(
        {
          query: async <T extends object>(_name: string, text: string, values?: unknown[]) =>
            (await client.query<T & Row>(text, values)).rows,
        },
        { tenantId: sender.tenantId, days: 8 },
        0,
        100,
      );
      expect(step).toEqual({ deleted: 0, nextAfterId: null });
      expect((await rowsRead(client)) - before).toBeLessThanOrEqual(100);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  });
});

/** Rows of `messages` that this transaction has read so far, by scan or by index. */
async function rowsRead(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT (pg_stat_get_xact_tuples_returned('messages'::regclass)
             + pg_stat_get_xact_tuples_fetched('messages'::regclass))::int AS n`,
  );
  return rows[0]?.n ?? NaN;
}

describe('media ids of WhatsApp', () => {
  it('go after 30 days', async () => {
    const sender = await lab.outbox.sender();
    await lab.outbox.messages(sender, 1);
    await lab.outbox.messages(sender, 1);
    await lab.outbox.run(
      `INSERT INTO whatsapp_media_ids (number_id, media_file_id, media_id, uploaded_at)
       SELECT $1, id, 'm', now() - interval '28 days' - interval '3 days' * (row_number() OVER (ORDER BY id) - 1)
         FROM media_files`,
      [sender.numberId],
    );
    expect(await lab.run()).toMatchObject({ mediaIds: 1 });
    expect(await lab.count('whatsapp_media_ids')).toBe(1);
  });
});

describe('idempotency keys', () => {
  const insert = (sender: Sender, count: number, age: string): Promise<void> =>
    lab.outbox.run(
      `INSERT INTO idempotency_keys (tenant_id, key_hash, owner, fingerprint, created_at)
       SELECT $1, uuid_send(gen_random_uuid()), gen_random_uuid(), '', now() - $3::interval
         FROM generate_series(1, $2::int)`,
      [sender.tenantId, count, age],
    );

  it('go after 24 hours, whosever they are, and not a minute earlier', async () => {
    const [one, other] = [await lab.outbox.sender(), await lab.outbox.sender()];
    for (const sender of [one, other]) {
      await insert(sender, 2, '24 hours');
      await insert(sender, 1, '23 hours 59 minutes');
    }
    expect(await lab.run()).toMatchObject({ idempotencyKeys: 4, left: [] });
    expect(await lab.count('idempotency_keys')).toBe(2);
    expect(await lab.count('idempotency_keys', `created_at > now() - interval '24 hours'`)).toBe(2);
    expect(await lab.run()).toMatchObject({ idempotencyKeys: 0 });
  });

  it('go in small steps, and a key in use is passed over', async () => {
    const sender = await lab.outbox.sender();
    await insert(sender, 1, '40 hours');
    await insert(sender, 1200, '30 hours');
    const other = new pg.Client({ connectionString: lab.outbox.settings.DATABASE_URL });
    await other.connect();
    await other.query('BEGIN');
    await other.query(`SELECT 1 FROM idempotency_keys WHERE created_at < now() - interval '35 hours' FOR UPDATE`);
    const steps: number[] = [];
    const { postgres } = lab.outbox;
    const query = postgres.query.bind(postgres);
    postgres.query = async <T extends object>(name: string, text: string, parameters: unknown[] = []): Promise<T[]> => {
      const rows = await query<T>(name, text, parameters);
      if (name === 'maintenance_idempotency_keys') steps.push(rows.length);
      return rows;
    };
    expect(await lab.run()).toMatchObject({ idempotencyKeys: 1200 });
    expect(steps).toEqual([500, 500, 200]);
    await other.end();
    expect(await lab.count('idempotency_keys')).toBe(1);
    expect(await lab.run()).toMatchObject({ idempotencyKeys: 1 });
  });
});

describe('one-time codes', () => {
  it('are forgotten a day after they expired, and what limits a phone an hour after it was last used', async () => {
    const { tenantId } = await lab.outbox.sender();
    await lab.outbox.run(
      `INSERT INTO one_time_codes (tenant_id, phone, purpose, code_id, code_hash, max_attempts, message_id, expires_at)
       SELECT $1, n::text, 'login', gen_random_uuid(), 'h', 5, 1, now() - CASE n WHEN 0 THEN '23 h'::interval ELSE '25 h' END
         FROM generate_series(0, 600) AS n`,
      [tenantId],
    );
    await lab.outbox.run(
      `INSERT INTO one_time_code_limits (tenant_id, phone, updated_at)
       SELECT $1, n::text, now() - CASE n WHEN 0 THEN '59 min'::interval ELSE '61 min' END FROM generate_series(0, 1200) AS n`,
      [tenantId],
    );
    expect(await lab.run()).toMatchObject({ oneTimeCodes: 600, left: [] });
    expect(await lab.count('one_time_codes')).toBe(1);
    expect(await lab.count('one_time_code_limits')).toBe(1);
    expect(await lab.run()).toMatchObject({ oneTimeCodes: 0 });
  });
});

describe('what stores delivered', () => {
  it('is deleted once nothing tells a repeat by it, but for the newest hundred of each listener', async () => {
    const { tenantId } = await lab.outbox.sender();
    await lab.outbox.run(
      `INSERT INTO store_listeners (id, tenant_id, key, kind, name, template_name, language, mapping)
       SELECT n, $1, 'key ' || n, 'generic', 'n', 't', 'en', '{}' FROM generate_series(1, 2) AS n`,
      [tenantId],
    );
    // Of the first listener 100 old ones, of the second 699 old ones, one that waits, an old one that is kept as one of its
    // hundred, 99 of today, and one of today that waits and takes no place.
    await lab.outbox.run(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, received_at, status, next_at)
       SELECT $1, CASE WHEN n <= 100 THEN 1 ELSE 2 END, gen_random_uuid(), '\\x7b7d', 2,
              now() - CASE WHEN n <= 801 THEN '7 days 1 minute'::interval ELSE '1 minute' END,
              CASE WHEN n IN (800, 901) THEN 'received' ELSE 'failed' END,
              CASE WHEN n IN (800, 901) THEN now() + interval '1 hour' END
         FROM generate_series(1, 901) AS n`,
      [tenantId],
    );
    await lab.outbox.run(
      `INSERT INTO store_sent_once (listener_id, once_hash, tenant_id, payload_id, created_at)
       SELECT 1, sha256(n::text::bytea), $1, n, now() - CASE n WHEN 0 THEN '89 days'::interval ELSE '91 days' END
         FROM generate_series(0, 600) AS n`,
      [tenantId],
    );
    expect(await lab.run()).toMatchObject({ storePayloads: 699, left: [] });
    expect(await lab.count('store_payloads')).toBe(202);
    expect(await lab.count('store_sent_once')).toBe(1);
    expect(await lab.run()).toMatchObject({ storePayloads: 0 });
  });

  it('loses its body, and whose it was, after thirty days', async () => {
    const { tenantId } = await lab.outbox.sender();
    await lab.outbox.run(
      `INSERT INTO store_listeners (id, tenant_id, key, kind, name, template_name, language, mapping)
       SELECT n, $1, 'key ' || n, 'generic', 'n', 't', 'en', '{}' FROM generate_series(1, 10) AS n`,
      [tenantId],
    );
    // A hundred of each listener: two that are not old enough, one that waits, 997 that are.
    await lab.outbox.run(
      `INSERT INTO store_payloads (tenant_id, listener_id, request_id, body, size_bytes, phone, received_at, status, next_at)
       SELECT $1, n % 10 + 1, gen_random_uuid(), '\\x7b7d', 2, '201000000007',
              now() - CASE WHEN n <= 2 THEN '29 days 23 hours'::interval ELSE '30 days 1 minute' END,
              CASE n WHEN 3 THEN 'received' ELSE 'failed' END, CASE n WHEN 3 THEN now() + interval '1 hour' END
         FROM generate_series(1, 1000) AS n`,
      [tenantId],
    );
    expect(await lab.run()).toMatchObject({ storePayloads: 0, storeBodies: 997, left: [] });
    expect(await lab.count('store_payloads')).toBe(1000);
    expect(await lab.count('store_payloads', 'body IS NOT NULL AND phone IS NOT NULL')).toBe(3);
    expect(await lab.count('store_payloads', 'body IS NULL AND phone IS NULL')).toBe(997);
    expect(await lab.run()).toMatchObject({ storeBodies: 0 });
  });
});
