import { createHash, randomBytes, randomInt } from 'node:crypto';

/** Makes wamids of the real form. The random boot part keeps them unique across restarts and processes. */
export class WamidFactory {
  readonly #boot = randomBytes(5).toString('hex').toUpperCase();
  #counter = 0;

  next(recipient: string): string {
    this.#counter += 1;
    const unique = this.#boot + this.#counter.toString(16).toUpperCase().padStart(8, '0');
    const bytes = `\x1c\x18${String.fromCharCode(recipient.length & 0x7f)}${recipient}\x15\x02\x00\x11\x18\x12${unique}\x00`;
    return `wamid.${Buffer.from(bytes, 'latin1').toString('base64')}`;
  }
}

/** A Graph object id: 16 digits, below Number.MAX_SAFE_INTEGER, random so that restarts do not repeat ids. */
export function newGraphId(): string {
  return String(1_000_000_000_000_000 + randomInt(0, 2 ** 47));
}

/** A Graph object id that is always the same for the same name: template ids do not change on a restart. */
export function fixedGraphId(name: string): string {
  const digest = createHash('sha256').update(name).digest();
  return String(1_000_000_000_000_000n + (digest.readBigUInt64BE(0) % 8_000_000_000_000_000n));
}

/** The id Meta asks for when one writes to its support. */
export function newTraceId(): string {
  return `A${randomBytes(16).toString('base64url')}`;
}

export function newAccessToken(): string {
  return `EAAS${randomBytes(48).toString('hex')}`;
}

export function newAppSecret(): string {
  return randomBytes(16).toString('hex');
}
