import { type FieldErrors, validationError } from '../api-error.js';

/** Objects and arrays inside one another. The deepest documented body (interactive lists) has 6. */
const MAX_DEPTH = 20;

/** Assigning to one of these could reach Object.prototype. */
const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Postgres stores neither NUL (in text) nor half a surrogate pair (in jsonb): both would end as an error 500. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * A copy of input from outside without keys that could reach a prototype. Adds to `found` every text that Postgres
 * cannot store.
 * @throws ApiError 422 when the input is no object, or nested deeper than MAX_DEPTH
 */
export function sanitizeInput(input: unknown, found: FieldErrors): object {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw validationError({ body: ['The body must be an object'] });
  }
  return copyObject(input, '', 1, found);
}

function copyObject(source: object, path: string, depth: number, found: FieldErrors): object {
  if (depth > MAX_DEPTH) throw validationError({ [path]: [`must not be nested deeper than ${MAX_DEPTH} levels`] });
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    if (PROTOTYPE_KEYS.has(key)) continue;
    if (UNSTORABLE.test(key)) {
      (found[path === '' ? 'body' : path] ??= []).push('must not have names with NUL or unpaired surrogate characters');
      continue;
    }
    copy[key] = copyValue(value, path === '' ? key : `${path}.${key}`, depth, found);
  }
  return copy;
}

function copyValue(value: unknown, path: string, depth: number, found: FieldErrors): unknown {
  if (typeof value === 'string') {
    if (UNSTORABLE.test(value)) (found[path] ??= []).push('must not contain NUL or unpaired surrogate characters');
    return value;
  }
  if (Array.isArray(value)) {
    if (depth + 1 > MAX_DEPTH)
      throw validationError({ [path]: [`must not be nested deeper than ${MAX_DEPTH} levels`] });
    return value.map((member: unknown, index) => copyValue(member, `${path}.${index}`, depth + 1, found));
  }
  if (typeof value === 'object' && value !== null) return copyObject(value, path, depth + 1, found);
  return value;
}
