import { ApiError, internalError, serviceUnavailable } from '../../platform/http/api-error.js';

/** Whether the error is one of Node's with one of these codes (`ENOENT`, `ERR_…`). */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.some((code) => code === error.code);
}

/** The disk, the quota or the table of open files is full: no fault of the caller, and it may pass. */
const EXHAUSTED = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM'];

/** No file has this key. */
export class MediaNotStoredError extends Error {
  constructor(storageKey: string, options?: ErrorOptions) {
    super(`no media file is stored as ${storageKey}`, options);
  }
}

/** The object store did not answer, or answered that it cannot serve now. */
export class StorageUnavailableError extends Error {}

/** What the caller of the API is told when a file could not be written: 503 when it may pass, else 500. */
export function asStorageApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StorageUnavailableError || isErrno(error, ...EXHAUSTED)) return serviceUnavailable(error, 10);
  return internalError(error);
}
