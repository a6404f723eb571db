import { Injectable } from '@nestjs/common';
import { Encryption } from '../crypto/encryption.js';

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
 * Fingerprints of requests: HMAC-SHA-256 under a key of the installation. A plain hash would not do: whoever saw the
 * database could try all codes that a body with a one-time code may hold.
 */
@Injectable()
export class Fingerprints {
  constructor(private readonly encryption: Encryption) {}

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
  return JSON.stringify([method, path, sorted(fields, 1), parts, sorted(faults, 1)]);
}

/** The same value with the members of every object in order of their names, as pairs. */
function sorted(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((member) => sorted(member, depth + 1));
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { members: members.map(([name, member]) => [name, sorted(member, depth + 1)]) };
}
