import type { SqlRunner } from '../../platform/database/postgres.js';

/** A stored payload in the hands of one process: who was given it later makes the claim worthless. */
export interface StorePayloadClaim {
  readonly payloadId: number;
  readonly listenerId: number;
  /** Number of the lease. */
  readonly tries: number;
  /** SHA-256 of what may lead to one message only (`once_per`); null: no matter. */
  readonly onceHash: Buffer | null;
}

/** A message that comes of a payload, in the transaction that stores it. */
export interface SentPayload {
  readonly tenantId: number;
  readonly claim: StorePayloadClaim;
  readonly messageId: number;
  readonly contactId: number;
  readonly phone: string | null;
}

/* Primary key. Whoever sends for the same at the same moment waits here for the other's end. */
const ONCE = `
INSERT INTO store_sent_once (listener_id, once_hash, tenant_id, payload_id)
SELECT * FROM unnest($1::int[], $2::bytea[], $3::int[], $4::bigint[]) AS u (listener_id, once_hash, tenant_id, payload_id)
 ORDER BY 1, 2
ON CONFLICT (listener_id, once_hash) DO NOTHING RETURNING payload_id`;

/* Primary key. */
const SETTLE = `
UPDATE store_payloads p
   SET status = 'sent', message_id = u.message_id, contact_id = u.contact_id, phone = u.phone, next_at = NULL,
       settled_at = now()
  FROM unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[], $5::int[], $6::text[])
       AS u (id, tenant_id, tries, message_id, contact_id, phone)
 WHERE p.id = u.id AND p.tenant_id = u.tenant_id AND p.status = 'received' AND p.tries = u.tries
RETURNING p.id`;

/**
 * Settles payloads as sent.
 * @returns why one of them must not be sent, when there is one: the transaction is to be undone
 */
export async function settleSent(
  sql: SqlRunner,
  sent: readonly SentPayload[],
): Promise<'settled' | 'once' | undefined> {
  const ordered = [...sent].sort((a, b) => a.claim.payloadId - b.claim.payloadId);
  const once = ordered.flatMap(({ tenantId, claim: { onceHash, ...claim } }) =>
    onceHash ? [{ tenantId, onceHash, ...claim }] : [],
  );
  if (once.length > 0) {
    const first = await sql.query('store_sent_once', ONCE, [
      once.map(({ listenerId }) => listenerId),
      once.map(({ onceHash }) => onceHash),
      once.map(({ tenantId }) => tenantId),
      once.map(({ payloadId }) => payloadId),
    ]);
    if (first.length < once.length) return 'once';
  }
  const settled = await sql.query('store_payloads_settle_sent', SETTLE, [
    ordered.map(({ claim }) => claim.payloadId),
    ordered.map(({ tenantId }) => tenantId),
    ordered.map(({ claim }) => claim.tries),
    ordered.map(({ messageId }) => messageId),
    ordered.map(({ contactId }) => contactId),
    ordered.map(({ phone }) => phone),
  ]);
  return settled.length < ordered.length ? 'settled' : undefined;
}
