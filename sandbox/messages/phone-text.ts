/** A phone number without spaces, hyphens and brackets, which WhatsApp accepts; a leading `+` stays. */
export function compactPhone(text: string): string {
  return text.replace(/[\s()-]/g, '');
}

/** Without the `+` too. */
export function phoneDigits(text: string): string {
  return compactPhone(text).replace(/^\+/, '');
}
