import {
  ERROR_TABLE,
  PERMISSION_RANGE,
  PERMISSION_ROW,
  UNKNOWN_CLIENT_ROW,
  UNKNOWN_SERVER_ROW,
  type ErrorRow,
} from './error-table.js';

/** What to do about one error of the Cloud API. */
export interface ErrorClassification extends ErrorRow {
  readonly code: number;
  /** False: the code is not in the table; a default was chosen by the HTTP status. Worth an alert. */
  readonly known: boolean;
}

/**
 * Looks an error code up. The HTTP status decides only for codes that are not in the table: 5xx and 429 are tried
 * again at most three times, everything else never. Errors that come in a status webhook have no status (null).
 */
export function classify(code: number, httpStatus: number | null): ErrorClassification {
  const row = ERROR_TABLE.get(code);
  if (row) return { ...row, code, known: true };
  if (code >= PERMISSION_RANGE.first && code <= PERMISSION_RANGE.last) return { ...PERMISSION_ROW, code, known: true };
  const serverSide = httpStatus !== null && ((httpStatus >= 500 && httpStatus <= 599) || httpStatus === 429);
  return { ...(serverSide ? UNKNOWN_SERVER_ROW : UNKNOWN_CLIENT_ROW), code, known: false };
}

/** True while the error allows one more try after `retriesDone` retries. */
export function mayRetry(classification: ErrorClassification, retriesDone: number): boolean {
  return classification.class === 'retry' && retriesDone < (classification.maxRetries ?? Infinity);
}
