import type { Postgres } from '../../platform/database/postgres.js';
import { pauseNumbers, type ChangedNumber, type NumberFault } from '../../whatsapp/connection/phone-number-state.js';
import { wakeLanes, type WokenMessage } from '../lanes/wake-lanes.js';
import { PATIENCE } from '../lock-patience.js';
import { MEDIA_LINK_DAYS, type AdvancedMessage } from '../status/advance-status.js';
import { endUnwanted, type EndedUnwanted } from '../status/end-unwanted.js';
import { rankSql, STATUS_RANK, type MessageStatus } from '../status/message-status.js';
import { closeWindows, concernsRecipient, type RecipientRefusal, stopMarketing } from '../status/recipient-refusals.js';
import { stopTemplates } from '../templates/stop-templates.js';
import { applyParkedStatuses } from '../status/parked-statuses.js';
import type { AttemptEnd } from './attempt-end.js';

/** An attempt of one message and how it ended. */
export interface EndedAttempt {
  messageId: number;
  tenantId: number;
  numberId: number;
  attemptNo: number;
  end: AttemptEnd;
}

export interface RecordedEnds {
  /** One per attempt, in the order given; null when the message was moved on by somebody else. */
  messages: (AdvancedMessage | null)[];
  /** Other messages that changed: failed, because their contact does not want them, as WhatsApp said. */
  others: AdvancedMessage[];
  /** Numbers that were paused now. */
  paused: ChangedNumber[];
  /** Messages whose turn in their lane came with these ends: released, and to be handed to the workers. */
  woken: WokenMessage[];
  /**
   * Why lanes or statuses that had arrived before could not go on with the ends (the recovery sees to it), or a template
   * could not be stopped or a recipient's state not be changed (the next message will). Else null.
   */
  failure: unknown;
}

const TEXT_LIMIT = 2000;
const LOCK_TIMEOUT_MS = 200;

/*
 * Primary keys find message and attempt. What an attempt ends with counts while the message is in work under it, or
 * `unknown` because its lease ran out; WhatsApp's acceptance counts always, as it cannot be taken back. A state that a
 * webhook has reached already stays.
 */
const RECORD = `
WITH ${PATIENCE},
i AS MATERIALIZED (
  SELECT u.* FROM patience, unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::int[], $6::boolean[], $7::text[],
                       $8::text[], $9::text[], $10::text[], $11::int[], $12::int[], $13::text[], $14::text[], $15::text[])
    AS u (id, attempt_no, state, status, delay_ms, counts, wamid, code, title, details,
          http_status, attempt_code, attempt_details, fbtrace_id, held_by)),
locked AS MATERIALIZED (
  SELECT m.id, m.status, m.attempt_no, m.attempt_state, m.error_code
    FROM messages m WHERE m.id IN (SELECT id FROM i) ORDER BY m.id FOR UPDATE),
next AS (
  SELECT i.*, l.status AS previous,
         CASE WHEN i.state <> 'accepted' THEN i.status
              WHEN ${rankSql('l.status')} < ${STATUS_RANK.sent}
                OR (l.status = 'failed' AND l.error_code = 'UNKNOWN_OUTCOME') THEN 'sent'
              ELSE l.status END AS next_status
    FROM i JOIN locked l USING (id)
   WHERE i.state = 'accepted'
      OR (l.attempt_no = i.attempt_no
          AND ((l.status = 'sending' AND l.attempt_state IS NOT NULL) OR (l.status = 'unknown' AND i.state <> 'unknown')))),
settled AS (
  UPDATE messages m
     SET status = n.next_status,
         attempt_state = NULL,
         next_at = CASE WHEN n.next_status = 'sending' THEN now() + n.delay_ms * interval '1 millisecond' END,
         retries = m.retries + n.counts::int,
         held_by = CASE WHEN n.next_status = 'sending' THEN n.held_by END,
         -- What waits for the messaging limit goes behind what can leave, not before it.
         priority = CASE WHEN n.held_by = 'tier' AND m.priority = 4 THEN 5 ELSE m.priority END,
         wamid = coalesce(m.wamid, n.wamid),
         sent_at = CASE WHEN n.state = 'accepted' THEN coalesce(m.sent_at, now()) ELSE m.sent_at END,
         unknown_at = CASE WHEN n.next_status = 'unknown' THEN now() ELSE m.unknown_at END,
         failed_at = CASE WHEN n.next_status <> 'failed' THEN NULL ELSE coalesce(m.failed_at, now()) END,
         error_code = CASE WHEN n.next_status = 'failed' THEN coalesce(m.error_code, n.code) END,
         error_title = CASE WHEN n.next_status = 'failed' THEN coalesce(m.error_title, n.title) END,
         error_details = CASE WHEN n.next_status = 'failed' THEN coalesce(m.error_details, n.details) END,
         updated_at = now()
    FROM next n
   WHERE m.id = n.id
  RETURNING m.id, m.tenant_id, m.number_id, m.chat_id, m.priority, n.previous, m.status, m.wamid, m.sent_at,
            m.error_code, m.error_title, m.error_details, m.waiter, m.media_link_id),
attempt AS (
  UPDATE attempts a
     SET state = i.state, finished_at = now(), http_status = i.http_status, error_code = i.attempt_code,
         error_details = i.attempt_details, fbtrace_id = i.fbtrace_id, wamid = coalesce(i.wamid, a.wamid)
    FROM i
   WHERE a.message_id = i.id AND a.attempt_no = i.attempt_no
     -- What a webhook or an answer has proved is not made unknown again.
     AND (a.state IN ('claimed', 'submitting') OR (a.state IN ('unknown', 'accepted') AND i.state = 'accepted')
          OR (a.state = 'unknown' AND i.state <> 'unknown'))),
links AS (
  UPDATE media_links l SET expires_at = now() + interval '${MEDIA_LINK_DAYS} days'
    FROM settled s WHERE l.id = s.media_link_id AND l.expires_at IS NULL AND s.status = 'failed')
SELECT s.*, EXISTS (SELECT 1 FROM parked_statuses p WHERE p.number_id = s.number_id AND p.wamid = s.wamid) AS parked
  FROM settled s`;

interface SettledRow {
  id: number;
  chat_id: number;
  priority: number;
  tenant_id: number;
  number_id: number;
  previous: MessageStatus;
  status: MessageStatus;
  wamid: string | null;
  sent_at: Date | null;
  error_code: string | null;
  error_title: string | null;
  error_details: string | null;
  waiter: string | null;
  parked: boolean;
}

/**
 * Stores how attempts ended, with everything that follows: the message's state and next release, paused numbers, and
 * statuses that arrived before their wamid was known. Numbers are paused first, so that nothing is released in
 * between; lanes and parked statuses come last, and the recovery finds them when this process dies before.
 */
export async function recordEnds(postgres: Postgres, attempts: EndedAttempt[]): Promise<RecordedEnds> {
  // A statement changes a row once: of two attempts of one message (one of them late) the second goes by itself.
  const repeated = firstRepeated(attempts);
  if (repeated > 0) {
    const before = await recordEnds(postgres, attempts.slice(0, repeated));
    const rest = await recordEnds(postgres, attempts.slice(repeated));
    return {
      messages: [...before.messages, ...rest.messages],
      others: [...before.others, ...rest.others],
      paused: [...before.paused, ...rest.paused],
      woken: [...before.woken, ...rest.woken],
      failure: before.failure ?? rest.failure,
    };
  }
  const paused = await pauseNumbers(postgres, faultsOf(attempts));
  const rows = await postgres.query<SettledRow>('delivery_record_ends', RECORD, parametersOf(attempts));
  const settled = new Map(rows.map((row) => [row.id, messageOf(row)]));
  const parked = rows.flatMap((row) =>
    row.parked && row.wamid !== null ? [{ numberId: row.number_id, wamid: row.wamid }] : [],
  );
  // The ends are committed: whatever happens from here on, they are to be told.
  const woken: WokenMessage[] = [];
  const others: AdvancedMessage[] = [];
  let failure: unknown = null;
  try {
    await stopTemplates(postgres, attempts);
    const unwanted = await heedRefusals(postgres, attempts);
    others.push(...unwanted.changed);
    woken.push(...unwanted.woken);
    const ended = rows.filter(({ status, priority }) => status !== 'sending' && priority > 0);
    woken.push(
      ...(await wakeLanes(
        postgres,
        ended.map(({ chat_id }) => chat_id),
      )),
    );
    if (parked.length > 0) {
      const advanced = await postgres.transaction((sql) => applyParkedStatuses(sql, parked), {
        lockTimeoutMs: LOCK_TIMEOUT_MS,
      });
      woken.push(...advanced.woken);
      for (const message of advanced.changed) {
        const waiter = settled.get(message.id)?.waiter;
        if (waiter === undefined) others.push(message);
        else settled.set(message.id, { ...message, waiter });
      }
    }
  } catch (error) {
    failure = error;
  }
  return {
    messages: attempts.map(({ messageId }) => settled.get(messageId) ?? null),
    others,
    paused,
    woken,
    failure,
  };
}

/** What WhatsApp's refusals say of the recipients. Costs nothing when there is no refusal. */
async function heedRefusals(postgres: Postgres, attempts: EndedAttempt[]): Promise<EndedUnwanted> {
  const refusals = attempts.flatMap(({ messageId, numberId, attemptNo, end: { errorCode } }): RecipientRefusal[] =>
    errorCode === null ? [] : [{ numberId, wamid: null, messageId, attemptNo, code: String(errorCode), at: null }],
  );
  if (!refusals.some(concernsRecipient)) return { changed: [], woken: [] };
  return postgres.transaction(
    async (sql) => {
      const unwilling = await stopMarketing(sql, refusals);
      await closeWindows(sql, refusals);
      return endUnwanted(sql, unwilling);
    },
    { lockTimeoutMs: LOCK_TIMEOUT_MS },
  );
}

function firstRepeated(attempts: EndedAttempt[]): number {
  const seen = new Set<number>();
  return attempts.findIndex(({ messageId }) => seen.size === seen.add(messageId).size);
}

function parametersOf(attempts: EndedAttempt[]): unknown[] {
  const ends = attempts.map(({ end }) => end);
  return [
    attempts.map(({ messageId }) => messageId),
    attempts.map(({ attemptNo }) => attemptNo),
    ends.map(({ state }) => state),
    ends.map(({ fate }) => statusAfter(fate.kind)),
    ends.map(({ fate }) => (fate.kind === 'again' ? fate.delayMs : null)),
    ends.map(({ fate }) => fate.kind === 'again' && fate.countsAsRetry),
    ends.map(({ fate }) => (fate.kind === 'sent' ? fate.wamid : null)),
    ends.map(({ fate }) => (fate.kind === 'failed' ? fate.error.code : null)),
    ends.map(({ fate }) => (fate.kind === 'failed' ? storable(fate.error.title) : null)),
    ends.map(({ fate }) => (fate.kind === 'failed' ? storable(fate.error.details) : null)),
    ends.map(({ httpStatus }) => httpStatus),
    ends.map(({ errorCode }) => errorCode),
    ends.map(({ errorDetails }) => storable(errorDetails)),
    ends.map(({ fbtraceId }) => storable(fbtraceId)),
    ends.map(({ fate }) => (fate.kind === 'again' ? (fate.heldBy ?? null) : null)),
  ];
}

function faultsOf(attempts: EndedAttempt[]): NumberFault[] {
  return attempts.flatMap(({ tenantId, numberId, end: { pause } }) =>
    pause ? [{ tenantId, numberId, ...pause, reason: storable(pause.reason) ?? '' }] : [],
  );
}

function statusAfter(kind: AttemptEnd['fate']['kind']): MessageStatus {
  return kind === 'again' ? 'sending' : kind;
}

function messageOf(row: SettledRow): AdvancedMessage {
  const answered = row.status !== 'sending' && row.status !== 'unknown';
  return {
    id: row.id,
    tenantId: row.tenant_id,
    previousStatus: row.previous,
    status: row.status,
    wamid: row.wamid,
    sentAt: row.sent_at,
    error:
      row.error_code === null ? null : { code: row.error_code, title: row.error_title, details: row.error_details },
    waiter: answered ? row.waiter : null,
  };
}

/** Postgres takes no NUL in text, and an error page of WhatsApp may be long. */
function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '').slice(0, TEXT_LIMIT);
}
