/** How long a key is remembered after its first call, hours. */
export const KEY_HOURS = 24;

/** One call's claim of an `Idempotency-Key`: what a transaction needs to store the key together with its effect. */
export interface IdempotencyClaim {
  readonly tenantId: number;
  /** SHA-256 of the key as it was sent. */
  readonly keyHash: Buffer;
  /** UUID of this call: one that has lost its key to a later call cannot touch the later call's row. */
  readonly owner: string;
  /** Of the request; see `Fingerprints`. */
  readonly fingerprint: Buffer;
}
