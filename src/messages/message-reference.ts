/** How a caller names a message: our integer id, or WhatsApp's wamid. */
export type MessageReference = { readonly id: number } | { readonly wamid: string };

/** Digits that a bigint holds for certain. */
const INTEGER_ID = /^\d{1,15}$/;
/** What a wamid can be: printable ASCII. Anything else is nobody's message, and Postgres need not be asked. */
const WAMID = /^[\x21-\x7e]{1,255}$/;

/** Reads a reference; undefined when no message can have it. */
export function readMessageReference(text: string): MessageReference | undefined {
  if (INTEGER_ID.test(text)) return { id: Number(text) };
  return WAMID.test(text) ? { wamid: text } : undefined;
}
