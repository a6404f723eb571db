import type pg from 'pg';
import type { BenchInstallation } from './installation.js';

const MESSAGES = 1_000_000;
const CHATS = 2_000;
const CHUNK = 50_000;
const CALLS = 100;
const DEEP_PAGE = 1_000;

/** How long calls of one kind took, milliseconds. */
export interface CallTimes {
  readonly p50: number;
  readonly most: number;
}

/** What reading a long list costs. */
export interface ListFigures {
  readonly firstPage: CallTimes;
  readonly deepPage: CallTimes;
  /** By what was searched for. */
  readonly searches: Readonly<Record<string, CallTimes>>;
}

/** Words of every text, of every tenth, of a long-gone campaign, of one message in 50,000, of one, and of none. */
const SEARCHES = ['order', 'tuesday', 'springtime', 'marigold', 'zanzibar', 'nowhere', 'طلب', '50% off'];

/** Fills the tenant's account with a million messages of many wordings, as far back as 100 days. */
export async function fillMessages(database: pg.Pool): Promise<void> {
  await database.query(
    `WITH tenant AS (SELECT id FROM tenants WHERE subdomain = 'bench'),
          made AS (INSERT INTO contacts (tenant_id, firstname, type, phone)
                   SELECT tenant.id, 'C' || n, 'lead', (30000000000 + n)::text FROM tenant, generate_series(1, $1::int) n
                   RETURNING id, tenant_id)
     INSERT INTO chats (tenant_id, number_id, contact_id)
     SELECT made.tenant_id, n.id, made.id FROM made JOIN phone_numbers n ON n.tenant_id = made.tenant_id`,
    [CHATS],
  );
  for (let from = 0; from < MESSAGES; from += CHUNK) {
    // The campaign lies between 60 and 40 percent of the way back: a fifth of all messages.
    await database.query(
      `WITH chat AS (SELECT c.*, row_number() OVER (ORDER BY c.id DESC) AS place
                       FROM chats c JOIN tenants t ON t.id = c.tenant_id AND t.subdomain = 'bench')
       INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body, created_at)
       SELECT c.tenant_id, c.number_id, c.id, c.contact_id, 'outbound', 'text', 'read', '30000000000',
              CASE WHEN n BETWEEN $2::int * 4 / 10 AND $2::int * 6 / 10 THEN 'Our springtime sale: 50% off any order, until Sunday'
                   ELSE 'Your order ' || md5(n::text) || ' of ' || (ARRAY['shoes','books','flowers','tea','lamps'])[1 + n % 5]
                        || CASE WHEN n % 10 = 0 THEN ' arrives on tuesday' ELSE ' is on its way' END
                        || CASE WHEN n % 50000 = 7 THEN ' marigold' ELSE '' END
                        || CASE WHEN n = 1234 THEN ' zanzibar' ELSE '' END
                        || CASE WHEN n % 20 = 3 THEN ' طلبك في الطريق' ELSE '' END
              END,
              now() - ($2::int - n) * interval '8.64 seconds'
         FROM generate_series($1::int + 1, $1::int + ${CHUNK}) n JOIN chat c ON c.place = 1 + n % ${CHATS}`,
      [from, MESSAGES],
    );
  }
  await database.query('VACUUM ANALYZE messages');
  await database.query('VACUUM ANALYZE message_texts');
}

/** Reads the first page, the thousandth by cursor, and searches, one call after the other. */
export async function measureLists(platform: BenchInstallation): Promise<ListFigures> {
  const get = async (query: string): Promise<{ next: string | null; took: number }> => {
    const begun = performance.now();
    const response = await fetch(`${platform.apiUrl}/api/v2/messages?${query}`, {
      headers: { authorization: `Bearer ${platform.token}` },
    });
    const body = (await response.json()) as { meta: { pagination?: { next_cursor: string | null } } };
    if (!response.ok) throw new Error(`GET /messages?${query}: ${response.status} ${JSON.stringify(body)}`);
    return { next: body.meta.pagination?.next_cursor ?? null, took: performance.now() - begun };
  };
  let cursor = '';
  for (let page = 1; page < DEEP_PAGE; page++) {
    const { next } = await get(cursor === '' ? '' : `cursor=${cursor}`);
    if (next === null) throw new Error(`the list ended on page ${page}`);
    cursor = next;
  }
  // In turn, so that both meet the same machine.
  const first: number[] = [];
  const deep: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    first.push((await get('')).took);
    deep.push((await get(`cursor=${cursor}`)).took);
  }
  const searches: Record<string, CallTimes> = {};
  for (const word of SEARCHES) {
    const times: number[] = [];
    for (let call = 0; call < 10; call++) times.push((await get(`q=${encodeURIComponent(word)}`)).took);
    searches[word] = timesOf(times);
  }
  return { firstPage: timesOf(first), deepPage: timesOf(deep), searches };
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

function timesOf(times: number[]): CallTimes {
  const sorted = [...times].sort((a, b) => a - b);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}
