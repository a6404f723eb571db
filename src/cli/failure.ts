import { SettingsError } from '../platform/config/settings.js';

/** Statuses the command line ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** A command that could not do what was asked, with one line for the operator. Exit status 1. */
export class CommandError extends Error {}

/** A command that was called wrongly in a way commander cannot see. Exit status 2. */
export class UsageError extends Error {}

const AWAY = 'The database does not answer at the address in DATABASE_URL';
const NO_HOST = 'The host in DATABASE_URL cannot be found';
const REFUSED = 'The database refuses the user name or password in DATABASE_URL';
const NO_DATABASE = 'The database named in DATABASE_URL does not exist';
const NOT_MIGRATED = 'The database is not up to date: run `migrate` first';

/** What Node's, Postgres's and Prisma's codes mean for an operator. */
const KNOWN_FAULTS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', AWAY],
  ['ETIMEDOUT', AWAY],
  ['P1001', AWAY],
  ['P1002', AWAY],
  ['ENOTFOUND', NO_HOST],
  ['EAI_AGAIN', NO_HOST],
  ['28P01', REFUSED],
  ['28000', REFUSED],
  ['P1000', REFUSED],
  ['3D000', NO_DATABASE],
  ['P1003', NO_DATABASE],
  ['42P01', NOT_MIGRATED],
  ['42703', NOT_MIGRATED],
  ['P2021', NOT_MIGRATED],
  ['P2022', NOT_MIGRATED],
]);

/** One line that says what went wrong and, where known, what to do; never a stack, never a secret. */
export function describeFailure(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  const code = codeOf(error);
  const known = code === undefined ? undefined : KNOWN_FAULTS.get(code);
  if (known !== undefined) return known;
  // Prisma writes its call first and the reason last.
  const text = (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? '';
  return text === '' ? `Failed (${code ?? 'no reason known'})` : text;
}

// Our own errors have none: their message says it better than the code of what caused them.
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  // Node tries every address of a host, and Postgres's driver passes all the failures on.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
