import type { SqlRunner } from '../../platform/database/postgres.js';
import { wakeLanes, type WokenMessage } from '../lanes/wake-lanes.js';
import { classify } from '../../whatsapp/errors/classify.js';
import { FINAL_STATUSES, rankSql, STATUS_RANK, type MessageStatus, type ReportedStatus } from './message-status.js';

/** One report of WhatsApp about one message of one of our numbers. */
export interface StatusChange {
  /** Our id of the phone number that the webhook named. Messages of other numbers are never touched. */
  numberId: number;
  wamid: string;
  /** From our opaque data (`m=<message id>;a=<attempt>`), when WhatsApp echoed it. */
  messageId?: number;
  attemptNo?: number;
  status: ReportedStatus;
  /** WhatsApp's own time of the status. */
  occurredAt: Date;
  /** With `failed`. `code` as text. */
  error?: { code: string; title: string | null; details: string | null };
}

/** A message that a report changed. */
export interface AdvancedMessage {
  id: number;
  tenantId: number;
  previousStatus: MessageStatus;
  status: MessageStatus;
  wamid: string | null;
  sentAt: Date | null;
  error: { code: string; title: string | null; details: string | null } | null;
  /** Set while an API process may still wait for this message's outcome: publish it after the commit. */
  waiter: string | null;
}

export interface AdvanceResult {
  /** Messages whose status or times changed, one entry each, by ascending id. */
  changed: AdvancedMessage[];
  /** Reports that belong to no message known so far, or that wait for the answer to a send: to be parked. In the order given. */
  unmatched: StatusChange[];
  /** Messages whose turn in their lane came with these reports: released, and to be handed to the workers. */
  woken: WokenMessage[];
}

/** Media addresses outlive the end of their message by this. */
export const MEDIA_LINK_DAYS = 30;

const STATUS_OF_RANK = Object.entries(STATUS_RANK)
  .filter(([status]) => status !== 'cancelled' && status !== 'expired')
  .map(([status, rank]) => `WHEN ${rank} THEN '${status}'`)
  .join(' ');
const FINAL = FINAL_STATUSES.map((status) => `'${status}'`).join(', ');

/*
 * messages_number_wamid finds rows by wamid, the primary key by opaque data. Rows are locked in order of id, and the
 * new state is computed from the locked version, so a report never undoes what another transaction stored meanwhile.
 *
 * Every step carries on what it needs, rather than joining it again: the planner takes the lists for short ones, and
 * would compare each row with each.
 *
 * A `failed` that is known by its opaque data alone counts only for the attempt that is under way or unknown: one that
 * was refused is being tried again already, and WhatsApp reports the same refusal in both ways. While the request is
 * on the wire, one that another try may heal (`passing`) is left to the answer: its code is kept with the attempt, for
 * the case that nobody lives to read the answer, and the report is parked, for the case that the answer is an acceptance.
 */
const ADVANCE = `
WITH i AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::int[], $7::timestamptz[],
                       $8::text[], $9::text[], $10::text[], $11::boolean[])
    WITH ORDINALITY AS u (number_id, wamid, message_id, attempt_no, status, rank, occurred_at,
                          error_code, error_title, error_details, passing, ord)),
matched AS MATERIALIZED (
  SELECT i.ord, m.id, true AS by_wamid
    FROM i JOIN messages m ON m.number_id = i.number_id AND m.wamid = i.wamid
  UNION ALL
  SELECT i.ord, m.id, false
    FROM i JOIN messages m ON m.id = i.message_id AND m.number_id = i.number_id
   WHERE m.wamid IS DISTINCT FROM i.wamid AND m.direction = 'outbound'),
locked AS MATERIALIZED (
  SELECT m.id, m.status, m.attempt_no, m.attempt_state
    FROM messages m WHERE m.id IN (SELECT id FROM matched) AND m.direction = 'outbound'
   ORDER BY m.id FOR UPDATE),
set_aside AS MATERIALIZED (
  SELECT x.ord, l.id, l.attempt_no, i.error_code::int AS code
    FROM i JOIN matched x USING (ord) JOIN locked l USING (id)
   WHERE i.passing AND i.status = 'failed' AND NOT x.by_wamid
     AND i.attempt_no = l.attempt_no AND l.attempt_state = 'submitting'),
applicable AS (
  SELECT l.id, l.status AS previous, l.attempt_no AS newest_attempt, i.*
    FROM i JOIN matched x USING (ord) JOIN locked l USING (id)
   WHERE x.by_wamid OR i.status <> 'failed'
      OR (x.ord NOT IN (SELECT ord FROM set_aside)
          AND i.attempt_no IS NOT DISTINCT FROM l.attempt_no
          AND (l.attempt_state = 'submitting' OR l.status NOT IN ('queued', 'sending')))),
folded AS (
  SELECT id, previous, max(rank) AS rank,
         min(occurred_at) FILTER (WHERE status = 'sent') AS sent_at,
         min(occurred_at) FILTER (WHERE status = 'delivered') AS delivered_at,
         min(occurred_at) FILTER (WHERE status IN ('read', 'played')) AS read_at,
         min(occurred_at) FILTER (WHERE status = 'failed') AS failed_at,
         (array_agg(error_code ORDER BY occurred_at, ord) FILTER (WHERE status = 'failed'))[1] AS error_code,
         (array_agg(error_title ORDER BY occurred_at, ord) FILTER (WHERE status = 'failed'))[1] AS error_title,
         (array_agg(error_details ORDER BY occurred_at, ord) FILTER (WHERE status = 'failed'))[1] AS error_details,
         (array_agg(wamid ORDER BY attempt_no DESC NULLS LAST, ord))[1] AS wamid
    FROM applicable GROUP BY id, previous),
next AS (
  SELECT f.*,
         CASE WHEN f.rank > ${rankSql('f.previous')} THEN CASE f.rank ${STATUS_OF_RANK} END ELSE f.previous END AS status
    FROM folded f),
changed AS (
  UPDATE messages m
     SET status = n.status,
         wamid = coalesce(m.wamid, n.wamid),
         sent_at = coalesce(n.sent_at, m.sent_at),
         delivered_at = least(m.delivered_at, n.delivered_at),
         read_at = least(m.read_at, n.read_at),
         failed_at = CASE WHEN n.status = 'failed' THEN coalesce(m.failed_at, n.failed_at) END,
         error_code = CASE WHEN n.status = 'failed' THEN coalesce(m.error_code, n.error_code) END,
         error_title = CASE WHEN n.status = 'failed' THEN coalesce(m.error_title, n.error_title) END,
         error_details = CASE WHEN n.status = 'failed' THEN coalesce(m.error_details, n.error_details) END,
         attempt_state = CASE WHEN n.status = n.previous THEN m.attempt_state END,
         next_at = CASE WHEN n.status = n.previous THEN m.next_at END,
         updated_at = now()
    FROM next n
   WHERE m.id = n.id
     AND (n.status <> n.previous
          OR (m.wamid IS NULL AND n.wamid IS NOT NULL)
          OR (n.sent_at IS NOT NULL AND n.sent_at IS DISTINCT FROM m.sent_at)
          OR least(m.delivered_at, n.delivered_at) IS DISTINCT FROM m.delivered_at
          OR least(m.read_at, n.read_at) IS DISTINCT FROM m.read_at)
  RETURNING m.id, m.tenant_id, m.chat_id, m.priority, n.previous, m.status, m.wamid, m.sent_at, m.error_code,
            m.error_title, m.error_details, m.waiter, m.media_link_id),
closed AS (
  UPDATE attempts a SET state = 'accepted', finished_at = now(), wamid = x.wamid
    FROM (SELECT DISTINCT ON (id, attempt) id, coalesce(attempt_no, newest_attempt) AS attempt, wamid
            FROM applicable
           WHERE previous IN ('sending', 'unknown')) AS x
   WHERE a.message_id = x.id AND a.attempt_no = x.attempt AND a.state IN ('submitting', 'unknown')),
noted AS (
  UPDATE attempts a SET error_code = s.code
    FROM set_aside s
   WHERE a.message_id = s.id AND a.attempt_no = s.attempt_no AND a.state = 'submitting'
     AND NOT EXISTS (SELECT FROM applicable p WHERE p.id = s.id)),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM changed c
   WHERE l.id = c.media_link_id AND l.expires_at IS NULL AND c.status IN (${FINAL}))
SELECT i.ord::int AS ord, (x.ord IS NOT NULL AND i.ord NOT IN (SELECT ord FROM set_aside)) AS matched, c.*
  FROM i LEFT JOIN matched x USING (ord) LEFT JOIN changed c USING (id)
 ORDER BY c.id, i.ord`;

/** Whether a message in this state keeps those behind it in its lane waiting. */
const holdsLane = (status: MessageStatus): boolean => status === 'queued' || status === 'sending';

/** Whether another try of the same message may go better: later, or once the operator has resumed the number. */
function isPassing(code: string): boolean {
  const { class: kind } = classify(Number(code), null);
  return kind === 'retry' || kind === 'pause_number';
}

interface AdvanceRow {
  ord: number;
  matched: boolean;
  id: number | null;
  tenant_id: number;
  chat_id: number;
  priority: number;
  previous: MessageStatus;
  status: MessageStatus;
  wamid: string | null;
  sent_at: Date | null;
  error_code: string | null;
  error_title: string | null;
  error_details: string | null;
  waiter: string | null;
}

/**
 * Applies what WhatsApp reported, all in one statement. The one place where a report changes a message: a status only
 * moves up (see STATUS_RANK), `delivered_at`, `read_at` and `failed_at` are WhatsApp's earliest times, `sent_at` is WhatsApp's
 * time in place of ours, an outcome that was `unknown` is settled, and the media's address gets its end. Repeats change nothing.
 *
 * Give it a transaction's runner with a lock time-out; publish `waiter`s after the commit (`publishAdvanced`), and hand
 * over what was woken (`WokenMessages`).
 */
export async function advanceStatuses(sql: SqlRunner, changes: StatusChange[]): Promise<AdvanceResult> {
  if (changes.length === 0) return { changed: [], unmatched: [], woken: [] };
  const rows = await sql.query<AdvanceRow>('delivery_advance_statuses', ADVANCE, [
    changes.map((change) => change.numberId),
    changes.map((change) => change.wamid),
    changes.map((change) => change.messageId ?? null),
    changes.map((change) => change.attemptNo ?? null),
    changes.map((change) => change.status),
    changes.map((change) => STATUS_RANK[change.status]),
    changes.map((change) => change.occurredAt),
    changes.map((change) => change.error?.code ?? null),
    changes.map((change) => change.error?.title ?? null),
    changes.map((change) => change.error?.details ?? null),
    changes.map((change) => change.error !== undefined && isPassing(change.error.code)),
  ]);
  const changed = new Map<number, AdvancedMessage>();
  const ended: number[] = [];
  const unmatched = new Set<number>();
  for (const row of rows) {
    if (!row.matched) unmatched.add(row.ord);
    if (row.id === null || changed.has(row.id)) continue;
    if (holdsLane(row.previous) && !holdsLane(row.status) && row.priority > 0) ended.push(row.chat_id);
    changed.set(row.id, {
      id: row.id,
      tenantId: row.tenant_id,
      previousStatus: row.previous,
      status: row.status,
      wamid: row.wamid,
      sentAt: row.sent_at,
      error:
        row.error_code === null ? null : { code: row.error_code, title: row.error_title, details: row.error_details },
      waiter: STATUS_RANK[row.previous] <= STATUS_RANK.unknown && row.status !== row.previous ? row.waiter : null,
    });
  }
  return {
    changed: [...changed.values()],
    unmatched: changes.filter((_, index) => unmatched.has(index + 1)),
    woken: await wakeLanes(sql, ended),
  };
}
