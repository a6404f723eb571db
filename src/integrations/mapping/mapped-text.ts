import { codePoints } from '../../platform/http/validation/code-points.js';
import { type Path, parsePath, readPath, valueAt } from './path.js';

/** Longest text of one field, and the most paths in it. */
export const MAX_TEXT = 2000;
const MAX_PATHS = 20;

/** A field's value as a tenant writes it, read: literal text and paths in turn. */
export type MappedText = readonly (string | { readonly path: Path })[];

/**
 * Reads `$.billing.phone` (a path, when the text begins with `$.` or `$[`, or is `$`) or a text with paths in it, such as
 * `Order ${$.number}`. `${` always begins a path.
 */
export function parseMappedText(text: string): { readonly text: MappedText } | { readonly error: string } {
  if (codePoints(text) > MAX_TEXT) return { error: `must not be longer than ${MAX_TEXT} characters` };
  if (isPathText(text)) {
    const parsed = parsePath(text);
    return 'error' in parsed ? { error: `is no path: it ${parsed.error}` } : { text: [parsed] };
  }
  return parseText(text);
}

/** Whether a text is meant as a path as a whole. */
export const isPathText = (text: string): boolean => /^\$(?:$|[.[])/u.test(text);

function parseText(text: string): { readonly text: MappedText } | { readonly error: string } {
  const parts: (string | { path: Path })[] = [];
  let start = 0;
  for (let opened = text.indexOf('${'); opened !== -1; opened = text.indexOf('${', start)) {
    if (opened > start) parts.push(text.slice(start, opened));
    const read = readPath(text, opened + 2);
    const place = JSON.stringify(text.slice(opened, opened + 20));
    if ('error' in read) return { error: `has no path at ${place}: it ${read.error}` };
    if (text[read.end] !== '}') return { error: `has a path at ${place} that cannot be read up to a }` };
    parts.push({ path: read.value });
    if (parts.length > 2 * MAX_PATHS) return { error: `must not have more than ${MAX_PATHS} paths` };
    start = read.end + 1;
  }
  if (start < text.length) parts.push(text.slice(start));
  return { text: parts };
}

/**
 * The text with what the payload has at its paths. A path at which there is no text, number or yes/no leaves nothing. Line
 * breaks and other white space become single spaces, because WhatsApp takes no others in a template's values.
 * @returns undefined when there are paths and none of them finds anything, or nothing is left
 */
export function fillMappedText(text: MappedText, payload: unknown): string | undefined {
  let paths = 0;
  let found = 0;
  const filled = text.map((part) => {
    if (typeof part === 'string') return part;
    paths += 1;
    const value = scalarText(valueAt(payload, part.path));
    if (value !== undefined) found += 1;
    return value ?? '';
  });
  if (paths > 0 && found === 0) return undefined;
  const clean = filled.join('').replaceAll(/\s+/gu, ' ').trim();
  return clean === '' ? undefined : clean;
}

/** A value of JSON as text; undefined for what is none: nothing, null, an empty text, a list, an object. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
