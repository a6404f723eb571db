/**
 * SQLSTATE classes that say "not now" rather than "not so": 08 connection, 53 resources (disk full, too many
 * connections), 57P01 to 57P05 shutdown, 57014 statement time-out, 55P03 lock time-out, 40001 and 40P01 conflicts that
 * a repeat may win. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SQLSTATE = /^(08...|53...|57P0[1-5]|57014|55P03|40001|40P01)$/;

/** Prisma's words for the same: not reachable, time-outs, closed connections, write conflicts, too many connections. */
const PRISMA = /^(P1001|P1002|P1008|P1011|P1017|P2024|P2028|P2034|P2037)$/;

/** Of the operating system: nobody listens, the way is broken, the disk is full, no file handles are left. */
const SYSTEM =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|ENOSPC|EDQUOT|EMFILE|ENFILE)$/;

/** What pg, pg-pool and ioredis say without a code. */
const MESSAGES = [
  'timeout exceeded when trying to connect',
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
  'Cannot use a pool after calling end on the pool',
  "Stream isn't writeable and enableOfflineQueue options is false",
  'Connection is closed',
  'Command timed out',
  'Reached the max retries per request limit',
];

const codeOf = (error: object): string =>
  'code' in error && typeof error.code === 'string' ? error.code : 'errorCode' in error ? String(error.errorCode) : '';

/**
 * True for an error that says that something we need is away or full for the moment (Postgres, Redis, a disk), which
 * the caller sees as 503. Looks through causes and the parts of an AggregateError (a refused connection to a name with
 * two addresses).
 */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const code = codeOf(error);
  if (SQLSTATE.test(code) || PRISMA.test(code) || SYSTEM.test(code)) return true;
  if (error instanceof Error && MESSAGES.some((message) => error.message.startsWith(message))) return true;
  if (error instanceof AggregateError && error.errors.some((part: unknown) => isUnavailable(part, depth + 1)))
    return true;
  return 'cause' in error && isUnavailable(error.cause, depth + 1);
}
