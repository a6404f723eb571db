import { CONTACT_OPTED_OUT, failUnwanted, type UnwantedMessage } from '../../contacts/opt-out/opt-states.js';
import type { SqlRunner } from '../../platform/database/postgres.js';
import { wakeLanes, type WokenMessage } from '../lanes/wake-lanes.js';
import type { AdvancedMessage } from './advance-status.js';
import type { ContactReference } from './recipient-refusals.js';

/** Messages that were failed because nobody wants them, and those whose turn came with that. */
export interface EndedUnwanted {
  readonly changed: AdvancedMessage[];
  /** Released, and to be handed to the workers. */
  readonly woken: WokenMessage[];
}

/** Fails what waits for contacts who do not want it (any more); what was behind it in its lanes goes on. */
export async function endUnwanted(sql: SqlRunner, contacts: readonly ContactReference[]): Promise<EndedUnwanted> {
  if (contacts.length === 0) return { changed: [], woken: [] };
  const unwanted = await failUnwanted(sql, contacts);
  const woken = await wakeLanes(
    sql,
    unwanted.filter(({ priority }) => priority > 0).map(({ chat_id }) => chat_id),
  );
  return { changed: unwanted.map(asAdvanced), woken };
}

function asAdvanced(message: UnwantedMessage): AdvancedMessage {
  return {
    id: message.id,
    tenantId: message.tenant_id,
    previousStatus: message.previous,
    status: 'failed',
    wamid: message.wamid,
    sentAt: message.sent_at,
    error: { code: CONTACT_OPTED_OUT, title: message.error_title, details: null },
    waiter: message.waiter,
  };
}
