/** How long a grouped statement waits for a row that somebody else has locked. */
const LOCK_TIMEOUT_MS = 200;

/**
 * First part of a grouped statement's WITH: sets the lock time-out for this one statement, so that it needs no
 * transaction of its own around it (two round trips less). The statement's other parts must read from it, directly or
 * not, before they lock anything.
 */
export const PATIENCE = `patience AS MATERIALIZED (SELECT set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true))`;
