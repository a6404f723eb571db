import type { SqlRunner } from '../database/postgres.js';

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
  /** People that the tier allows; null: no limit, or not known. */
  tierLimit: number | null;
}

/** A messaging limit is trouble from this share on that is used. */
const TIER_NEARLY_USED = 0.8;
/** Of the numbers with messages, so many are looked at when only those in trouble are asked for. */
const WAITING_UP_TO = 10_000;

/*
 * What a tier's name says; `TIER_UNLIMITED` and names without a number are no limit. As messaging-tier.ts of the
 * WhatsApp connection has it, which the view's test holds it to.
 */
const TIER_LIMIT = `
  CASE WHEN n.messaging_limit_tier ~ '^TIER_[0-9]{1,7}[KM]?$'
       THEN substring(n.messaging_limit_tier FROM '[0-9]+')::float8
            * CASE right(n.messaging_limit_tier, 1) WHEN 'K' THEN 1000 WHEN 'M' THEN 1000000 ELSE 1 END END`;

/*
 * One row per number. Index messages_due: one probe for each of its priorities (0, 4 and 5), which finds what leaves
 * next. Index messages_unknown: once for all numbers. The portfolio's count is kept. Nothing is counted here, so a
 * number with a million messages costs as much as one with a single message.
 */
const statesOf = (among: { waiting: string; where: string }): string => `
WITH RECURSIVE ${among.waiting}doubt AS (
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
       ${TIER_LIMIT} AS tier_limit,
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
 ${among.where}
 -- Trouble first: paused with work waiting, paused, old doubts, then whose oldest message waits longest.
 ORDER BY (n.paused_at IS NOT NULL AND head.oldest_age IS NOT NULL) DESC, n.paused_at IS NOT NULL DESC,
          coalesce(d.older, 0) DESC, head.oldest_age DESC NULLS LAST, n.id
 LIMIT $1 OFFSET $2`;

const STATES = statesOf({ waiting: '', where: '' });

/*
 * The same of the numbers that are paused, in doubt, near their messaging limit, or have messages that wait: index
 * messages_due, one probe to find the next number that has some.
 */
const TROUBLED = statesOf({
  waiting: `waiting AS (
  (SELECT number_id FROM messages
    WHERE status IN ('queued', 'sending') AND next_at IS NOT NULL
    ORDER BY number_id, priority, next_at, id LIMIT 1)
  UNION ALL
  SELECT following.number_id FROM waiting CROSS JOIN LATERAL (
    SELECT m.number_id FROM messages m
     WHERE m.status IN ('queued', 'sending') AND m.next_at IS NOT NULL AND m.number_id > waiting.number_id
     ORDER BY m.number_id, m.priority, m.next_at, m.id LIMIT 1) AS following),
`,
  where: `WHERE n.paused_at IS NOT NULL OR d.number_id IS NOT NULL
    OR p.recipients >= ${TIER_NEARLY_USED} * ${TIER_LIMIT}
    OR n.id IN (SELECT number_id FROM waiting LIMIT ${WAITING_UP_TO})`,
});

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
  tier_limit: number | null;
  minute: number;
  quarter: number;
  older: number;
  oldest_age: number | null;
}

/** The numbers in order of trouble. */
export async function numberStates(sql: SqlRunner, page: { limit: number; offset: number }): Promise<NumberState[]> {
  return (await sql.query<StateRow>('number-states', STATES, [page.limit, page.offset])).map(stateOf);
}

/** The numbers that have messages waiting or are in trouble, the worst first; the others are not looked at. */
export async function troubledNumbers(sql: SqlRunner, limit: number): Promise<NumberState[]> {
  return (await sql.query<StateRow>('troubled-numbers', TROUBLED, [limit, 0])).map(stateOf);
}

function stateOf(row: StateRow): NumberState {
  return {
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
    tierLimit: row.tier_limit,
  };
}
