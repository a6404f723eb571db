import { notFound } from './api-error.js';

/** Digits that a bigint holds for certain; compare them as bigint, for a column may be narrower. */
const INTEGER_ID = /^\d{1,15}$/;

/**
 * The id in a path.
 * @throws ApiError 404 for anything but an integer: nothing has such an id
 */
export function resourceId(text: string, message?: string): number {
  if (!INTEGER_ID.test(text)) throw notFound(message);
  return Number(text);
}
