import type { SqlRunner } from '../../platform/database/postgres.js';
import { countActions, type LimitedAction, type PhoneAction } from './phone-limits.js';
import { retireMessages } from './retire-messages.js';

/** A code that goes out with a message. The code itself stands in the message alone, encrypted. */
export interface NewOneTimeCode {
  /** UUID; part of what is hashed. */
  readonly id: string;
  /** Keyed, see CodeHashes. */
  readonly hash: string;
  /** Digits. */
  readonly phone: string;
  readonly purpose: string;
  readonly expiresInS: number;
  readonly maxAttempts: number;
  /** Which limit of the phone it counts against. */
  readonly action: Extract<LimitedAction, 'send' | 'resend'>;
}

/** A code with the message that was stored for it. */
export interface CodeOfMessage {
  readonly tenantId: number;
  readonly messageId: number;
  readonly code: NewOneTimeCode;
}

/** Until when each message's code is good; or the phone whose limit is reached: then nothing may be kept. */
export type StoredCodes = { readonly expiresAt: ReadonlyMap<number, Date> } | { readonly refused: PhoneAction };

/* Primary key. Their phones are locked, so nobody else makes or verifies a code of them. */
const REPLACED = `
SELECT c.tenant_id AS "tenantId", c.message_id AS "messageId"
  FROM unnest($1::int[], $2::text[], $3::text[]) AS i (tenant_id, phone, purpose)
  JOIN one_time_codes c ON c.tenant_id = i.tenant_id AND c.phone = i.phone AND c.purpose = i.purpose`;

const STORE = `
INSERT INTO one_time_codes AS c (tenant_id, phone, purpose, code_id, code_hash, max_attempts, message_id, expires_at)
SELECT i.tenant_id, i.phone, i.purpose, i.code_id, i.code_hash, i.max_attempts, i.message_id,
       now() + i.expires_in_s * interval '1 second'
  FROM unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::smallint[], $7::bigint[], $8::int[])
       AS i (tenant_id, phone, purpose, code_id, code_hash, max_attempts, message_id, expires_in_s)
ON CONFLICT (tenant_id, phone, purpose) DO UPDATE
   SET code_id = EXCLUDED.code_id, code_hash = EXCLUDED.code_hash, attempts = 0, max_attempts = EXCLUDED.max_attempts,
       message_id = EXCLUDED.message_id, expires_at = EXCLUDED.expires_at, created_at = now()
RETURNING message_id, expires_at`;

/**
 * Makes each code the one that counts for its phone and purpose, in the transaction that stores its message; the one
 * before it is good no more from the commit on, and its message does not leave. No phone may be named twice.
 */
export async function storeCodes(sql: SqlRunner, codes: readonly CodeOfMessage[]): Promise<StoredCodes> {
  const refused = await countActions(
    sql,
    codes.map(({ tenantId, code: { phone, action } }) => ({ tenantId, phone, action })),
  );
  if (refused) return { refused };
  const keys = [
    codes.map(({ tenantId }) => tenantId),
    codes.map(({ code }) => code.phone),
    codes.map(({ code }) => code.purpose),
  ];
  await retireMessages(sql, await sql.query('otp_replaced_codes', REPLACED, keys));
  const rows = await sql.query<{ message_id: number; expires_at: Date }>('otp_store_codes', STORE, [
    ...keys,
    codes.map(({ code }) => code.id),
    codes.map(({ code }) => code.hash),
    codes.map(({ code }) => code.maxAttempts),
    codes.map(({ messageId }) => messageId),
    codes.map(({ code }) => code.expiresInS),
  ]);
  return { expiresAt: new Map(rows.map((row) => [row.message_id, row.expires_at])) };
}
