/**
 * How whoever makes contacts or opens conversations takes the plan's places for them, in its own transaction.
 *
 * The counters are hot: every new contact and conversation of a tenant counts in one row. So they are taken LAST, after
 * contacts, chats and messages are written (the lock order of the program), and held only until the commit that
 * follows. Tenants of one statement are locked in the order of their ids; no tenant's row is touched for another's.
 * Nobody reads a counter to decide and writes it later: what is left is looked at under the row's lock, so that a plan
 * with one place left gives it to exactly one of any number of simultaneous callers.
 */
import type { SqlRunner } from '../platform/database/postgres.js';
import { type ApiError, featureLimitExceeded } from '../platform/http/api-error.js';

/** What came of asking for places. */
export interface ContactPlaces {
  tenantId: number;
  /** How many of the wanted places were taken. */
  granted: number;
  /** Contacts before these. */
  current: number;
  /** -1: unlimited. */
  maximum: number;
}

/**
 * `up-to`: as many as the plan has left. `beyond`: all of them, whatever the plan says (for customers who write in, who
 * are never refused).
 */
type Manner = 'up-to' | 'beyond';

// By tenants_pkey and plans_pkey. A plan's limit that lies below the present count grants nothing.
const TAKE_CONTACTS = `
WITH want AS (SELECT * FROM unnest($1::int[], $2::int[]) AS w (tenant_id, n)),
     locked AS MATERIALIZED (
       SELECT t.id, t.contact_count, coalesce(p.limit_contacts, -1) AS maximum
         FROM tenants t LEFT JOIN tenant_plans p ON p.tenant_id = t.id
        WHERE t.id = ANY ($1) ORDER BY t.id FOR NO KEY UPDATE OF t),
     places AS MATERIALIZED (
       SELECT l.*, CASE WHEN $3 = 'beyond' OR l.maximum < 0 THEN w.n
                        ELSE greatest(0, least(w.n, l.maximum - l.contact_count)) END AS granted
         FROM locked l JOIN want w ON w.tenant_id = l.id),
     counted AS (
       UPDATE tenants t SET contact_count = t.contact_count + p.granted
         FROM places p WHERE t.id = p.id AND p.granted > 0)
SELECT id AS "tenantId", granted, contact_count AS current, maximum FROM places ORDER BY id`;

async function take(sql: SqlRunner, wanted: ReadonlyMap<number, number>, manner: Manner): Promise<ContactPlaces[]> {
  const tenantIds = [...wanted.keys()].sort((a, b) => a - b);
  const counts = tenantIds.map((id) => wanted.get(id) ?? 0);
  return sql.query<ContactPlaces>('plan-places:take-contacts', TAKE_CONTACTS, [tenantIds, counts, manner]);
}

/**
 * Takes places for contacts that this transaction has made, by tenant: all of them. What comes back is the refusal when
 * a plan has not room for all; the caller then rolls everything back.
 */
export async function takeContactPlaces(
  sql: SqlRunner,
  made: ReadonlyMap<number, number>,
): Promise<ApiError | undefined> {
  if (made.size === 0) return undefined;
  const places = await take(sql, made, 'up-to');
  const refused = places.find(({ tenantId, granted }) => granted < (made.get(tenantId) ?? 0));
  return refused && contactLimitReached(refused.current, refused.maximum);
}

/**
 * Takes as many places as the plan has left, for contacts that this transaction has made. The caller takes back what it
 * made beyond `granted`, in the same transaction, or rolls back.
 */
export async function takeContactPlacesUpTo(sql: SqlRunner, tenantId: number, made: number): Promise<ContactPlaces> {
  const [places] = await take(sql, new Map([[tenantId, made]]), 'up-to');
  if (!places) throw new Error(`There is no tenant ${tenantId}`);
  return places;
}

/** Counts contacts of customers who wrote in, by tenant. They are never refused, so usage may exceed the plan. */
export async function countUninvitedContacts(sql: SqlRunner, made: ReadonlyMap<number, number>): Promise<void> {
  if (made.size > 0) await take(sql, made, 'beyond');
}

/** Gives the places of deleted contacts back, in the transaction that deleted them, after everything else. */
export async function giveBackContactPlaces(sql: SqlRunner, tenantId: number, deleted: number): Promise<void> {
  if (deleted === 0) return;
  await sql.query(
    'plan-places:give-back-contacts',
    'UPDATE tenants SET contact_count = greatest(0, contact_count - $2) WHERE id = $1',
    [tenantId, deleted],
  );
}

/** 403 for one contact too many. `current`: how many there are. */
export const contactLimitReached = (current: number, maximum: number): ApiError =>
  featureLimitExceeded('contacts', current, maximum);

/** Conversations of one tenant that a transaction has opened. */
export interface OpenedConversations {
  tenant_id: number;
  n: number;
}

/**
 * Counts conversations that this transaction has opened in this UTC month, sorted by tenant. What comes back is the
 * refusal when a plan has not room for all; the caller then rolls everything back.
 */
export async function takeConversations(sql: SqlRunner, opened: OpenedConversations[]): Promise<ApiError | undefined> {
  if (opened.length === 0) return undefined;
  // The upsert locks the counter's row; what it returns is the count with this transaction's conversations in it.
  const counted = await sql.query<{ current: number; maximum: number }>(
    'plan-places:take-conversations',
    `WITH counted AS (
       INSERT INTO tenant_usage AS u (tenant_id, month, conversations)
       SELECT o.tenant_id, date_trunc('month', now())::date, o.n FROM unnest($1::int[], $2::int[]) AS o (tenant_id, n)
       ON CONFLICT (tenant_id, month) DO UPDATE SET conversations = u.conversations + EXCLUDED.conversations
       RETURNING u.tenant_id, u.conversations)
     SELECT c.conversations - o.n AS current, p.limit_conversations AS maximum
       FROM counted c
       JOIN unnest($1::int[], $2::int[]) AS o (tenant_id, n) ON o.tenant_id = c.tenant_id
       JOIN tenant_plans p ON p.tenant_id = c.tenant_id
      WHERE p.limit_conversations >= 0 AND c.conversations > p.limit_conversations`,
    [opened.map((row) => row.tenant_id), opened.map((row) => row.n)],
  );
  const refused = counted[0];
  return refused && featureLimitExceeded('conversations', refused.current, refused.maximum);
}
