import { randomInt } from 'node:crypto';

/** What a caller may send as a code, and what can be verified: 4 to 15 letters and digits (WhatsApp takes 15). */
export const CODE = /^[A-Za-z0-9]{4,15}$/;

/** Purpose of a code when the caller names none. */
export const DEFAULT_PURPOSE = 'authentication';
export const MAX_PURPOSE = 50;

/** Minutes for which a code is good. */
export const EXPIRY_MINUTES = { least: 1, most: 60, usual: 10 } as const;

/** So many random digits, each as likely as any other. */
export function randomCode(digits: number): string {
  let code = '';
  for (let digit = 0; digit < digits; digit += 1) code += String(randomInt(10));
  return code;
}
