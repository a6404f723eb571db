/** An error as a log line shows it. */
export interface LoggableError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  /** SQLSTATE of Postgres, system code of Node, code of a library. */
  readonly code?: string | number;
  readonly constraint?: string;
  readonly status?: number;
  readonly cause?: LoggableError;
  /** Members of an AggregateError. */
  readonly errors?: readonly LoggableError[];
}

/** Causes of causes are followed this far. */
const MAX_DEPTH = 5;
const MAX_MEMBERS = 5;
/** Characters of a message: some repeat what they were given, which may be megabytes. */
const MAX_MESSAGE = 2000;

/**
 * What of an error may reach a log line. Libraries hang whole objects on their errors (a database client with its
 * keys, a request with its Authorization header, the refused row), so fields are named here, and everything else stays
 * out.
 */
export function loggableError(error: unknown, depth = 0): LoggableError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const { code, constraint, status } = error as { code?: unknown; constraint?: unknown; status?: unknown };
  return {
    type: error.name === 'error' ? error.constructor.name : error.name,
    message: cut(error.message),
    stack: error.stack?.replace(error.message, () => cut(error.message)),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(error.cause !== undefined && depth < MAX_DEPTH ? { cause: loggableError(error.cause, depth + 1) } : {}),
    ...(error instanceof AggregateError && depth < MAX_DEPTH
      ? { errors: error.errors.slice(0, MAX_MEMBERS).map((member) => loggableError(member, depth + 1)) }
      : {}),
  };
}

const cut = (message: string): string =>
  message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}… (${message.length} characters)` : message;
