import pg from 'pg';

/**
 * Whether the database itself answered with an error (so the transaction is rolled back for certain), rather than the
 * connection being lost (after which a COMMIT may or may not have happened). Classes 08 and 57P0x are lost connections
 * in a server's clothes (PostgreSQL, appendix A).
 */
export function isServerError(error: unknown): error is pg.DatabaseError {
  return (
    error instanceof pg.DatabaseError &&
    error.code !== undefined &&
    !error.code.startsWith('08') &&
    !error.code.startsWith('57P')
  );
}

/** Deadlock, serialization failure or lock time-out: the same statement may well succeed a moment later. */
export function isContention(error: unknown): boolean {
  return isServerError(error) && ['40001', '40P01', '55P03'].includes(error.code ?? '');
}

/** The statement took longer than it may, and was ended. */
export function isStatementTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '57014';
}

/** A value that this one row brought with it is at fault (classes 22, 23: data exception, constraint). */
export function isBadRow(error: unknown): boolean {
  return isServerError(error) && ['22', '23'].includes((error.code ?? '').slice(0, 2));
}

/**
 * The connection broke at the COMMIT, so nobody knows whether it happened. Not "try again": a repeat could do
 * everything a second time. The lost connection's error is `lost`, not `cause`, so that it is not taken for a service
 * that was merely away.
 */
export class CommitOutcomeUnknownError extends Error {
  override readonly name = 'CommitOutcomeUnknownError';

  constructor(readonly lost: unknown) {
    super(`The outcome of a COMMIT is not known: ${lost instanceof Error ? lost.message : String(lost)}`);
  }
}
