import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'rasl_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 40;
const CHECKSUM_LENGTH = 6;
const FORMAT = /^rasl_([0-9A-Za-z]{40})([0-9A-Za-z]{6})$/;

/** CRC-32 of the random part, as six base62 digits. 62^6 is more than 2^32, so it always fits. */
function checksum(random: string): string {
  let rest = crc32(random);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    digits = (ALPHABET[rest % ALPHABET.length] ?? '') + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** SHA-256 of a token; all that is stored of it. A token has 238 random bits, so no salt or slow hash is needed. */
export const hashToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** True when the form and the checksum are right; a token that fails was never given out. */
export function isTokenShaped(token: string): boolean {
  const [, random, given] = FORMAT.exec(token) ?? [];
  return random !== undefined && checksum(random) === given;
}

/** A new access token, shown once. */
export interface GeneratedToken {
  /** `rasl_`, 40 random base62 characters, 6 of checksum. */
  readonly token: string;
  /** What is stored. */
  readonly hash: Buffer;
  /** Enough to recognise the token in a list, too little to use it. */
  readonly hint: string;
}

/** Makes an access token as CONTRACT.md ("Tokens and scopes") has it. */
export function generateToken(): GeneratedToken {
  const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const token = PREFIX + random + checksum(random);
  return { token, hash: hashToken(token), hint: `${PREFIX}${random.slice(0, 4)}…${token.slice(-4)}` };
}
