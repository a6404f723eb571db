import type { Type } from '@nestjs/common';
import { type FieldErrors, validationError } from '../api-error.js';
import { withinLimit } from './list-limit.js';

/** Objects and arrays inside one another. The deepest documented body (interactive lists) has 6. */
const MAX_DEPTH = 20;

/** Assigning to one of these could reach Object.prototype. */
const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Postgres stores neither NUL (in text) nor half a surrogate pair (in jsonb): both would end as an error 500. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * Objects, and members of lists, in one body: a million of them fits into 4 MB, and would keep the process busy for
 * seconds. A batch of 1,000 contacts with ten groups each has 12,000.
 */
export const MAX_MEMBERS = 20_000;

/**
 * Fields in one object: class-transformer compares each with each, so that a body of 50,000 would keep the process busy
 * for seconds. No documented body has more than fifty in one place.
 */
export const MAX_FIELDS = 200;

/**
 * A copy of input from outside without keys that could reach a prototype, and without the members that a list of `dto`
 * has beyond the first one too many. Adds to `found` every text that Postgres cannot store.
 * @throws ApiError 422 when the input is no object, is nested deeper than MAX_DEPTH, has more than MAX_MEMBERS, or
 * an object of it more than MAX_FIELDS
 */
export function sanitizeInput(input: unknown, dto: Type<object>, found: FieldErrors): object {
  if (!isObject(input)) throw validationError({ body: ['The body must be an object'] });
  return new Sanitizer(found).object(input, dto, '', 1);
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class Sanitizer {
  private members = 0;

  constructor(private readonly found: FieldErrors) {}

  /** `dto`: the class whose lists have limits; undefined for anything else. */
  object(source: object, dto: Type<object> | undefined, path: string, depth: number): object {
    this.count(1);
    requireDepth(depth, path);
    const copy: Record<string, unknown> = {};
    const fields = Object.entries(source);
    if (fields.length > MAX_FIELDS) {
      throw validationError({ [path === '' ? 'body' : path]: [`must not have more than ${MAX_FIELDS} fields`] });
    }
    for (const [key, value] of fields) {
      if (PROTOTYPE_KEYS.has(key)) continue;
      if (UNSTORABLE.test(key)) {
        this.fault(path === '' ? 'body' : path, 'must not have names with NUL or unpaired surrogate characters');
        continue;
      }
      const place = path === '' ? key : `${path}.${key}`;
      if (Array.isArray(value)) {
        const { members, of } = withinLimit(dto, key, value);
        copy[key] = this.list(members, of, place, depth + 1);
      } else copy[key] = this.value(value, undefined, place, depth);
    }
    return copy;
  }

  private list(members: readonly unknown[], of: Type<object> | undefined, path: string, depth: number): unknown[] {
    this.count(members.length);
    requireDepth(depth, path);
    return members.map((member, index) => this.value(member, of, `${path}.${index}`, depth));
  }

  private value(value: unknown, of: Type<object> | undefined, path: string, depth: number): unknown {
    if (typeof value === 'string') {
      if (UNSTORABLE.test(value)) this.fault(path, 'must not contain NUL or unpaired surrogate characters');
      return value;
    }
    if (Array.isArray(value)) return this.list(value, undefined, path, depth + 1);
    return isObject(value) ? this.object(value, of, path, depth + 1) : value;
  }

  private count(members: number): void {
    this.members += members;
    if (this.members > MAX_MEMBERS) {
      throw validationError({ body: [`The body must not have more than ${MAX_MEMBERS} objects and members of lists`] });
    }
  }

  private fault(path: string, message: string): void {
    // A field may be called like something that every object has, such as toString.
    const messages = Object.hasOwn(this.found, path) ? this.found[path] : undefined;
    if (!messages) this.found[path] = [message];
    else if (!messages.includes(message)) messages.push(message);
  }
}

function requireDepth(depth: number, path: string): void {
  if (depth > MAX_DEPTH) throw validationError({ [path]: [`must not be nested deeper than ${MAX_DEPTH} levels`] });
}
