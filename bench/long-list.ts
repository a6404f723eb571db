import type pg from 'pg';

const CHATS = 2_000;
/** Rows of one statement: each stays far below the time a statement may take. */
const CHUNK = 50_000;

const PEOPLE = `
WITH made AS (
  INSERT INTO contacts (tenant_id, firstname, type, phone)
  SELECT t.id, 'C' || n, 'lead', (30000000000 + n)::text FROM tenants t, generate_series(1, $1::int) n
   WHERE t.subdomain = 'bench' RETURNING id, tenant_id)
INSERT INTO chats (tenant_id, number_id, contact_id)
SELECT made.tenant_id, n.id, made.id FROM made JOIN phone_numbers n ON n.tenant_id = made.tenant_id`;

/*
 * The words of SEARCHES (figures/lists.ts) have their frequencies here. A campaign lies between 60 and 40 percent of
 * the way back: a fifth of all messages, and none of the newest. One message in ten came in.
 */
const MESSAGES = `
WITH chat AS (
  SELECT c.*, row_number() OVER (ORDER BY c.id DESC) AS place
    FROM chats c JOIN tenants t ON t.id = c.tenant_id AND t.subdomain = 'bench')
INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body, created_at, wamid,
                      is_read)
SELECT c.tenant_id, c.number_id, c.id, c.contact_id, CASE WHEN n % 10 = 4 THEN 'inbound' ELSE 'outbound' END, 'text',
       CASE WHEN n % 10 = 4 THEN 'received' ELSE 'read' END, '30000000000',
       CASE WHEN n BETWEEN $3::int * 4 / 10 AND $3::int * 6 / 10
            THEN 'Our springtime sale: 50% off any order, until Sunday'
            ELSE 'Your order ' || md5(n::text) || ' of ' || (ARRAY['shoes','books','flowers','tea','lamps'])[1 + n % 5]
                 || CASE WHEN n % 10 = 0 THEN ' arrives on tuesday' ELSE ' is on its way' END
                 || CASE WHEN n % 50000 = 7 THEN ' marigold' ELSE '' END
                 || CASE WHEN n = $3::int / 20 THEN ' zanzibar زنجبار' ELSE '' END
                 || CASE WHEN n % 20 = 3 THEN ' طلبك في الطريق' ELSE '' END
       END,
       now() - ($3::int - n) * interval '8.64 seconds', 'wamid.' || md5(n::text), true
  FROM generate_series($1::int, $2::int) n JOIN chat c ON c.place = 1 + n % ${CHATS}`;

/**
 * Fills the bench's tenant with `count` messages of many wordings, as far back as 100 days for a million. The index of
 * texts grows with them, as it would in years, only with more room for what is not sorted in yet: that saves minutes.
 */
export async function fillMessages(database: pg.Pool, count: number): Promise<void> {
  await database.query(PEOPLE, [CHATS]);
  const { rows } = await database.query<{ options: string[] | null }>(
    `SELECT reloptions AS options FROM pg_class WHERE relname = 'message_texts_search'`,
  );
  const limit = rows[0]?.options?.find((option) => option.startsWith('gin_pending_list_limit='));
  if (!limit) throw new Error('the index message_texts_search has another definition than this fill knows');
  await database.query('ALTER INDEX message_texts_search SET (gin_pending_list_limit = 65536)');
  for (let from = 1; from <= count; from += CHUNK) {
    await database.query(MESSAGES, [from, Math.min(count, from + CHUNK - 1), count]);
  }
  await database.query(`ALTER INDEX message_texts_search SET (${limit})`);
  // What is measured next shall not run beside the vacuum that this calls for, nor wait for the disk to take it in.
  await database.query('VACUUM (ANALYZE) contacts, chats, messages, message_texts');
  await database.query('CHECKPOINT');
}

/** Runs `work` as if there were no search: texts that come meanwhile are not kept for it. */
export async function withoutSearch<T>(database: pg.Pool, work: () => Promise<T>): Promise<T> {
  await database.query('ALTER TABLE messages DISABLE TRIGGER messages_texts_insert');
  try {
    return await work();
  } finally {
    await database.query('ALTER TABLE messages ENABLE TRIGGER messages_texts_insert');
  }
}
