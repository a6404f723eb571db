const DOTTED_CONTACT = 'contact.';
/** Names that mean something to JavaScript itself. */
const DANGEROUS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** Deeper than any field we know; what lies below is left out. */
const MAX_DEPTH = 4;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The text fields of a request as a plain object. `contact[firstname]` (which the parser has nested already) and
 * `contact.firstname` both become `contact: { firstname }`; when both are sent, the bracketed one counts.
 */
export function formFields(body: unknown): Record<string, unknown> {
  if (!isObject(body)) return {};
  const fields: Record<string, unknown> = {};
  const dotted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (DANGEROUS.has(name)) continue;
    const member = name.startsWith(DOTTED_CONTACT) ? name.slice(DOTTED_CONTACT.length) : '';
    if (member === '') fields[name] = plain(value, 1);
    else if (!DANGEROUS.has(member)) dotted[member] = plain(value, 1);
  }
  if (Object.keys(dotted).length > 0 && (fields.contact === undefined || isObject(fields.contact))) {
    fields.contact = { ...dotted, ...fields.contact };
  }
  return fields;
}

/** The parser's objects have no prototype, which class-transformer cannot handle. */
function plain(value: unknown, depth: number): unknown {
  if (Array.isArray(value)) return depth >= MAX_DEPTH ? [] : value.map((member) => plain(member, depth + 1));
  if (!isObject(value)) return value;
  if (depth >= MAX_DEPTH) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      DANGEROUS.has(name) ? [] : [[name, plain(member, depth + 1)] as const],
    ),
  );
}
