import type { Postgres } from '../../platform/database/postgres.js';
import { type AcceptOptions, acceptTogether, LOCK_TIMEOUT_MS } from './accept-group.js';
import { RefusedMidway } from './group-errors.js';
import type { Acceptance, OutboundMessage } from './outbound-message.js';

/** Carries what would have been accepted out of a transaction that is undone. */
class Rehearsed extends Error {
  constructor(readonly acceptance: Acceptance) {
    super('A rehearsal is undone');
  }
}

/**
 * What `acceptGroup` would answer for one message now: it is accepted like any other, in a transaction that is undone. Ids
 * in the answer are of nobody.
 */
export async function rehearse(
  postgres: Postgres,
  message: OutboundMessage,
  options: AcceptOptions,
): Promise<Acceptance> {
  await options.hashes.ready();
  const undone = postgres.transaction<never>(
    async (sql) => {
      const [acceptance] = await acceptTogether(sql, [{ message, waiter: null }], options);
      if (!acceptance) throw new Error('A message was neither accepted nor refused');
      throw new Rehearsed(acceptance);
    },
    { lockTimeoutMs: LOCK_TIMEOUT_MS },
  );
  return undone.catch((error: unknown) => {
    if (error instanceof Rehearsed) return error.acceptance;
    if (error instanceof RefusedMidway) return { refused: error.refusal };
    throw error;
  });
}
