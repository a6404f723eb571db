import { waitOf } from '../../otp/store/phone-limits.js';
import { storeCodes } from '../../otp/store/store-codes.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { rateLimitExceeded } from '../../platform/http/api-error.js';
import { NotTogether, RefusedMidway } from './group-errors.js';
import type { Acceptance, OutboundMessage } from './outbound-message.js';

/** A message of a group, and what became of it so far. */
interface StoredOfGroup {
  message: OutboundMessage;
  acceptance: Acceptance | undefined;
}

/**
 * Makes the codes that come with a group's messages the ones that count for their phones. A group without codes costs
 * nothing.
 * @throws NotTogether when two of them are for one phone
 * @throws RefusedMidway 429 when a phone's limit was reached meanwhile
 */
export async function storeOneTimeCodes(sql: SqlRunner, messages: readonly StoredOfGroup[]): Promise<void> {
  const codes = messages.flatMap(({ message: { tenantId, oneTimeCode: code }, acceptance }) =>
    code && acceptance && 'accepted' in acceptance ? [{ tenantId, code, accepted: acceptance.accepted }] : [],
  );
  if (codes.length === 0) return;
  const phones = new Set(codes.map(({ tenantId, code }) => `${tenantId} ${code.phone}`));
  if (phones.size < codes.length) throw new NotTogether('Several codes for one phone in one group');
  const stored = await storeCodes(
    sql,
    codes.map(({ tenantId, code, accepted: { messageId } }) => ({ tenantId, code, messageId })),
  );
  if ('refused' in stored) throw new RefusedMidway(rateLimitExceeded((await waitOf(sql, stored.refused)) ?? 1));
  for (const { accepted } of codes) {
    const expiresAt = stored.expiresAt.get(accepted.messageId);
    if (!expiresAt) throw new Error('A one-time code was not stored');
    accepted.codeExpiresAt = expiresAt;
  }
}
