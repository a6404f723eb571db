import type { SqlRunner } from '../../platform/database/postgres.js';
import { IS_HELD } from '../hold/hold-state.js';
import { PATIENCE } from '../lock-patience.js';
import type { ClaimedMessage } from './claimed-message.js';

/** One job's wish to send its message. */
export interface ClaimRequest {
  id: number;
  generation: number;
}

/** WhatsApp keeps an upload for 30 days; a day is left for messages that wait. */
const UPLOAD_USABLE_DAYS = 29;

/** A window that ends sooner than this may be over when WhatsApp looks. */
const WINDOW_SPARE_S = 60;

/*
 * Only the newest release of a message that nobody has in work may claim it (primary key). `sending` and the lease
 * are set in the same statement, and the attempt gets its row. A claim marks the message as one that was released
 * before (priority 4 goes before 5): when the lease lapses it does not queue behind the whole backlog again.
 * A paused number's message is put back: it is due, and found as soon as the number is resumed. So is every message
 * while all delivery is held.
 */
const CLAIM = `
WITH ${PATIENCE},
i AS MATERIALIZED (
  SELECT u.* FROM patience, unnest($1::bigint[], $2::int[]) AS u (id, generation)),
locked AS MATERIALIZED (
  SELECT m.id, n.paused_at IS NOT NULL OR ${IS_HELD} AS paused
    FROM i
    JOIN messages m ON m.id = i.id
    JOIN phone_numbers n ON n.id = m.number_id
   WHERE m.generation = i.generation AND m.status IN ('queued', 'sending') AND m.attempt_state IS NULL
     AND m.next_at IS NOT NULL AND (m.expires_at IS NULL OR m.expires_at > now())
   ORDER BY m.id FOR UPDATE OF m),
held AS (
  UPDATE messages m SET next_at = now(), updated_at = now() FROM locked l WHERE m.id = l.id AND l.paused),
claimed AS (
  UPDATE messages m
     SET status = 'sending', attempt_state = 'claimed', attempt_no = m.attempt_no + 1,
         next_at = now() + $3 * interval '1 second', priority = least(m.priority, 4), held_by = NULL,
         updated_at = now()
    FROM locked l
   WHERE m.id = l.id AND NOT l.paused
  RETURNING m.id, m.tenant_id, m.number_id, m.chat_id, m.attempt_no, m.retries, m.due_at, m.expires_at, m.type, m.phone,
            m.recipient_user_id, m.body, m.content, m.reply_to_wamid, m.media_link_id),
recorded AS (
  INSERT INTO attempts (message_id, attempt_no, number_id, state, worker)
  SELECT id, attempt_no, number_id, 'claimed', $4 FROM claimed)
SELECT c.*, (extract(epoch FROM c.expires_at - clock_timestamp()) * 1000)::float8 AS expires_in_ms,
       n.phone_number_id, n.account_id, a.updated_at AS account_updated_at, n.rate_per_second,
       n.messaging_limit_tier, a.portfolio, l.public_id, l.filename,
       coalesce(h.service_window_expires_at > now() + interval '${WINDOW_SPARE_S} seconds', false) AS in_service_window,
       t.status AS template_status,
       f.id AS file_id, f.mime_type, f.size_bytes, f.storage_key, w.media_id AS uploaded_id
  FROM claimed c
  JOIN phone_numbers n ON n.id = c.number_id
  JOIN whatsapp_accounts a ON a.id = n.account_id
  JOIN chats h ON h.id = c.chat_id
  LEFT JOIN templates t ON t.tenant_id = c.tenant_id
                       AND t.id = CASE WHEN c.type = 'template' THEN (c.content -> 'template' ->> 'id')::int END
  LEFT JOIN media_links l ON l.id = c.media_link_id
  LEFT JOIN media_files f ON f.id = l.media_file_id
  LEFT JOIN whatsapp_media_ids w ON w.number_id = c.number_id AND w.media_file_id = f.id
                                AND w.uploaded_at > now() - interval '${UPLOAD_USABLE_DAYS} days'`;

interface ClaimRow {
  id: number;
  tenant_id: number;
  number_id: number;
  attempt_no: number;
  retries: number;
  due_at: Date;
  expires_in_ms: number | null;
  type: string;
  phone: string | null;
  recipient_user_id: string | null;
  body: string | null;
  content: Record<string, unknown>;
  reply_to_wamid: string | null;
  phone_number_id: string;
  account_id: number;
  account_updated_at: Date;
  rate_per_second: number;
  messaging_limit_tier: string | null;
  portfolio: string;
  in_service_window: boolean;
  template_status: string | null;
  public_id: string | null;
  filename: string | null;
  file_id: number | null;
  mime_type: string | null;
  size_bytes: number | null;
  storage_key: string | null;
  uploaded_id: string | null;
}

/**
 * Takes messages into work: state `claimed`, with a lease of `leaseS` seconds. Answers null for those that are not
 * to be had: released again meanwhile, in work elsewhere, ended, expired, of a paused number, or held with everything.
 */
export async function claimMessages(
  sql: SqlRunner,
  requests: ClaimRequest[],
  options: { leaseS: number; worker: string },
): Promise<(ClaimedMessage | null)[]> {
  // The answer is counted from the question: a message is rather good for a moment less than for one more.
  const asked = performance.now();
  const rows = await sql.query<ClaimRow>('delivery_claim', CLAIM, [
    requests.map((request) => request.id),
    requests.map((request) => request.generation),
    options.leaseS,
    options.worker,
  ]);
  const claimed = new Map(rows.map((row) => [row.id, fromRow(row, asked)]));
  return requests.map(({ id }) => {
    const message = claimed.get(id) ?? null;
    // A message that stands twice in one group is claimed once.
    claimed.delete(id);
    return message;
  });
}

function fromRow(row: ClaimRow, asked: number): ClaimedMessage {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    attemptNo: row.attempt_no,
    retries: row.retries,
    dueAt: row.due_at,
    goodUntil: row.expires_in_ms === null ? null : asked + row.expires_in_ms,
    type: row.type,
    phone: row.phone,
    recipientUserId: row.recipient_user_id,
    body: row.body,
    content: row.content,
    replyToWamid: row.reply_to_wamid,
    inServiceWindow: row.in_service_window,
    templateStatus: row.template_status,
    number: {
      id: row.number_id,
      phoneNumberId: row.phone_number_id,
      accountId: row.account_id,
      accountUpdatedAt: row.account_updated_at,
      ratePerSecond: row.rate_per_second,
      portfolio: row.portfolio,
      messagingLimitTier: row.messaging_limit_tier,
    },
    media:
      row.file_id === null ||
      row.public_id === null ||
      row.filename === null ||
      row.mime_type === null ||
      row.size_bytes === null ||
      row.storage_key === null
        ? null
        : {
            fileId: row.file_id,
            publicId: row.public_id,
            filename: row.filename,
            mimeType: row.mime_type,
            sizeBytes: row.size_bytes,
            storageKey: row.storage_key,
            uploadedId: row.uploaded_id,
          },
  };
}
