import { settleSent } from '../../integrations/store/settle-payloads.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { StorePayloadNotDue } from './group-errors.js';
import type { Acceptance, OutboundMessage } from './outbound-message.js';

/** A message of a group, and what became of it so far. */
interface StoredOfGroup {
  message: OutboundMessage;
  acceptance: Acceptance | undefined;
}

/**
 * Settles what stores delivered in the transaction of the messages that come of it: no delivery leads to two messages, and
 * none is done without its message. A group without such messages costs nothing.
 * @throws StorePayloadNotDue when one of them was settled meanwhile, or its `once_per` led to a message already
 */
export async function settleStorePayloads(sql: SqlRunner, messages: readonly StoredOfGroup[]): Promise<void> {
  const sent = messages.flatMap(({ message: { tenantId, storePayload: claim }, acceptance }) => {
    if (!claim || !acceptance || !('accepted' in acceptance)) return [];
    const { messageId, contactId, phone } = acceptance.accepted;
    return [{ tenantId, claim, messageId, contactId, phone }];
  });
  if (sent.length === 0) return;
  const why = await settleSent(sql, sent);
  if (why) throw new StorePayloadNotDue(why);
}
