import { Injectable } from '@nestjs/common';
import { Encryption } from '../crypto/encryption.js';
import { validationError } from '../http/api-error.js';

/** A file of a request, as its fingerprint sees it. */
export interface FileFacts {
  readonly field: string;
  readonly name: string;
  readonly sha256: Buffer;
}

/** What makes two requests the same. */
export interface RequestFacts {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  /** The body after parsing: neither the order of its fields nor a form's boundary counts. */
  readonly fields: unknown;
  readonly files?: readonly FileFacts[];
  /** What was found wrong while a form was read: such a form is not the same as one without. */
  readonly faults?: unknown;
}

const CONTEXT = 'idempotency_keys.fingerprint';

/** Deeper than anything that passes the checks of a body; what lies below does not count. */
const MAX_DEPTH = 24;

/**
 * Fields, and members of lists, in one body: a million of them fits into 4 MB, and would keep the process busy for
 * seconds while they are put in order. A batch of 1,000 contacts with ten groups each has fewer than 30,000.
 */
export const MAX_VALUES = 50_000;

/**
 * Fingerprints of requests: HMAC-SHA-256 under a key of the installation. A plain hash would not do: whoever saw the
 * database could try all codes that a body with a one-time code may hold.
 */
@Injectable()
export class Fingerprints {
  constructor(private readonly encryption: Encryption) {}

  /** @throws ApiError 422 when the body has more than MAX_VALUES */
  of(facts: RequestFacts): Buffer {
    return Buffer.from(this.encryption.sign(canonical(facts), CONTEXT), 'base64url');
  }

  /** False also for a fingerprint that was made with a key that is no longer configured. */
  matches(fingerprint: Buffer, facts: RequestFacts): boolean {
    return this.encryption.isSigned(canonical(facts), fingerprint.toString('base64url'), CONTEXT);
  }
}

function canonical({ method, path, fields, files = [], faults = {} }: RequestFacts): string {
  const parts = files.map(({ field, name, sha256 }) => [field, name, sha256.toString('hex')]);
  const order = new Order();
  return JSON.stringify([method, path, order.sorted(fields, 1), parts, order.sorted(faults, 1)]);
}

class Order {
  private values = 0;

  /** The same value with the members of every object in order of their names, as pairs. */
  sorted(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return null;
    if (Array.isArray(value)) {
      this.count(value.length);
      return value.map((member) => this.sorted(member, depth + 1));
    }
    const members = Object.entries(value);
    this.count(members.length);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return { members: members.map(([name, member]) => [name, this.sorted(member, depth + 1)]) };
  }

  private count(values: number): void {
    this.values += values;
    if (this.values > MAX_VALUES) {
      throw validationError({ body: [`The body must not have more than ${MAX_VALUES} fields and members of lists`] });
    }
  }
}
