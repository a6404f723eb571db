import { SettingsError } from '../platform/config/settings.js';

/** Statuses the command line ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A command that could not do what was asked, with one line for the operator. Exit status 1. */
export class CommandError extends Error {}

/** A command that was called wrongly in a way commander cannot see. Exit status 2. */
export class UsageError extends Error {}

const NETWORK_CODES: Record<string, string> = {
  ECONNREFUSED: 'The database does not answer at the address in DATABASE_URL',
  ENOTFOUND: 'The host in DATABASE_URL is not known',
  EAI_AGAIN: 'The host in DATABASE_URL cannot be looked up now',
  ETIMEDOUT: 'The database did not answer in time',
};

const SQL_STATES: Record<string, string> = {
  '28P01': 'The database refuses the user name or password in DATABASE_URL',
  '28000': 'The database refuses the user in DATABASE_URL',
  '3D000': 'The database named in DATABASE_URL does not exist',
  '42P01': 'A table is missing: run `migrate` first',
  '42703': 'A column is missing: run `migrate` first',
};

/** One line that says what went wrong and, where known, what to do; never a stack, never a secret. */
export function describeFailure(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  const code = codeOf(error);
  const known = code === undefined ? undefined : (SQL_STATES[code] ?? NETWORK_CODES[code]);
  if (known !== undefined) return known;
  const text = error instanceof Error ? error.message : String(error);
  return text.trim() === '' ? `Failed${code === undefined ? '' : ` (${code})`}` : text.trim();
}

// Prisma wraps what the driver said; the code of the innermost cause is the one that helps.
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const inner = 'cause' in error ? codeOf(error.cause) : undefined;
  if (inner !== undefined) return inner;
  const original: unknown = 'originalCode' in error ? error.originalCode : undefined;
  if (typeof original === 'string') return original;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
