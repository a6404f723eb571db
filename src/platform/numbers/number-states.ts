import type { SqlRunner } from '../database/postgres.js';

/** Backlogs are counted up to here; the page then says "10,000+". */
export const COUNTED_UP_TO = 10_000;
/** Unknown outcomes are looked at up to here, the oldest first. */
const UNKNOWN_UP_TO = 10_000;

/** One number as an operator looks at it first: what ails it, at a cost that does not depend on its backlog. */
export interface NumberState {
  numberId: number;
  tenantId: number;
  tenantName: string;
  phoneNumberId: string;
  displayPhoneNumber: string;
  /** What WhatsApp allows, messages a second. */
  ratePerSecond: number;
  qualityRating: string | null;
  nameStatus: string | null;
  pausedAt: Date | null;
  pausedCode: number | null;
  pausedReason: string | null;
  /** How long the message that leaves next has been due, seconds; null: nothing is due. */
  oldestAge: number | null;
  /** Messages without a known outcome: for less than a minute, less than 15, longer. */
  unknown: { minute: number; quarter: number; older: number };
  /** The portfolio's messaging limit: its tier, and how many people count now. */
  tier: string | null;
  tierUsed: number;
}

/*
 * One row per number. Index messages_due: one probe for each of its priorities (0, 4 and 5), which finds what leaves
 * next. Index messages_unknown: once for all numbers. The portfolio's count is kept. Nothing is counted here, so a
 * number with a million messages costs as much as one with a single message.
 */
const STATES = `
WITH doubt AS (
  SELECT number_id,
         count(*) FILTER (WHERE unknown_at > now() - interval '1 minute') AS minute,
         count(*) FILTER (WHERE unknown_at <= now() - interval '1 minute'
                            AND unknown_at > now() - interval '15 minutes') AS quarter,
         count(*) FILTER (WHERE unknown_at <= now() - interval '15 minutes') AS older
    FROM (SELECT number_id, unknown_at FROM messages WHERE status = 'unknown' ORDER BY unknown_at LIMIT ${UNKNOWN_UP_TO}) u
   GROUP BY number_id)
SELECT n.id AS number_id, n.tenant_id, t.name AS tenant_name, n.phone_number_id, n.display_phone_number,
       n.rate_per_second, n.quality_rating, n.name_status, n.paused_at, n.paused_code, n.paused_reason,
       n.messaging_limit_tier AS tier, coalesce(p.recipients, 0) AS tier_used,
       coalesce(d.minute, 0) AS minute, coalesce(d.quarter, 0) AS quarter, coalesce(d.older, 0) AS older,
       head.oldest_age
  FROM phone_numbers n
  JOIN tenants t ON t.id = n.tenant_id
  JOIN whatsapp_accounts a ON a.id = n.account_id
  LEFT JOIN messaging_portfolios p ON p.portfolio = a.portfolio
  LEFT JOIN doubt d ON d.number_id = n.id
  LEFT JOIN LATERAL (
    SELECT max(extract(epoch FROM now() - first.due_at))::float8 AS oldest_age
      FROM (VALUES (0), (4), (5)) AS of (priority) CROSS JOIN LATERAL (
        SELECT m.due_at, m.next_at FROM messages m
         WHERE m.number_id = n.id AND m.priority = of.priority
           AND m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL
         ORDER BY m.next_at, m.id LIMIT 1) AS first
     WHERE first.due_at <= now()) AS head ON true
 -- Trouble first: paused with work waiting, paused, old doubts, then whose oldest message waits longest.
 ORDER BY (n.paused_at IS NOT NULL AND head.oldest_age IS NOT NULL) DESC, n.paused_at IS NOT NULL DESC,
          coalesce(d.older, 0) DESC, head.oldest_age DESC NULLS LAST, n.id
 LIMIT $1 OFFSET $2`;

interface StateRow {
  number_id: number;
  tenant_id: number;
  tenant_name: string;
  phone_number_id: string;
  display_phone_number: string;
  rate_per_second: number;
  quality_rating: string | null;
  name_status: string | null;
  paused_at: Date | null;
  paused_code: number | null;
  paused_reason: string | null;
  tier: string | null;
  tier_used: number;
  minute: number;
  quarter: number;
  older: number;
  oldest_age: number | null;
}

/** The numbers in order of trouble. */
export async function numberStates(sql: SqlRunner, page: { limit: number; offset: number }): Promise<NumberState[]> {
  const rows = await sql.query<StateRow>('number-states', STATES, [page.limit, page.offset]);
  return rows.map((row) => ({
    numberId: row.number_id,
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    phoneNumberId: row.phone_number_id,
    displayPhoneNumber: row.display_phone_number,
    ratePerSecond: row.rate_per_second,
    qualityRating: row.quality_rating,
    nameStatus: row.name_status,
    pausedAt: row.paused_at,
    pausedCode: row.paused_code,
    pausedReason: row.paused_reason,
    oldestAge: row.oldest_age,
    unknown: { minute: row.minute, quarter: row.quarter, older: row.older },
    tier: row.tier,
    tierUsed: row.tier_used,
  }));
}

/** What is counted of the numbers that are shown. */
export interface NumberCounts {
  /** Messages that wait to be sent or are in work, up to COUNTED_UP_TO. */
  backlog: number;
  /** Of the counted ones: those that wait for an earlier message of their chat, or for the messaging limit. */
  heldByLane: number;
  heldByTier: number;
  /** The newest failures. */
  errors: { code: string; text: string | null; at: Date }[];
}

/*
 * Index messages_due, at most COUNTED_UP_TO rows of each number; index messages_failed for the errors. Only for the
 * numbers of one page.
 */
const COUNTS = `
SELECT n.id AS number_id, b.*, (
         SELECT coalesce(jsonb_agg(jsonb_build_object('code', f.error_code, 'text', coalesce(f.error_details, f.error_title),
                                                      'at', f.failed_at) ORDER BY f.failed_at DESC), '[]')
           FROM (SELECT m.error_code, m.error_details, m.error_title, m.failed_at FROM messages m
                  WHERE m.number_id = n.id AND m.status = 'failed' ORDER BY m.failed_at DESC NULLS LAST LIMIT 3) f) AS errors
  FROM unnest($1::int[]) AS n (id)
  CROSS JOIN LATERAL (
    SELECT count(*) AS backlog, count(*) FILTER (WHERE w.held_by = 'lane') AS by_lane,
           count(*) FILTER (WHERE w.held_by = 'tier') AS by_tier
      FROM (SELECT m.held_by FROM messages m
             WHERE m.number_id = n.id AND m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL
             LIMIT $2) w) b`;

interface CountRow {
  number_id: number;
  backlog: number;
  by_lane: number;
  by_tier: number;
  errors: { code: string; text: string | null; at: string }[];
}

/** Counts of these numbers, by id. */
export async function numberCounts(sql: SqlRunner, numberIds: number[]): Promise<Map<number, NumberCounts>> {
  const rows = await sql.query<CountRow>('number-counts', COUNTS, [numberIds, COUNTED_UP_TO]);
  return new Map(
    rows.map((row) => [
      row.number_id,
      {
        backlog: row.backlog,
        heldByLane: row.by_lane,
        heldByTier: row.by_tier,
        errors: row.errors.map(({ code, text, at }) => ({ code, text, at: new Date(at) })),
      },
    ]),
  );
}
