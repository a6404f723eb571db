import { codePoints } from '../../platform/http/validation/code-points.js';
import { type Path, parsePath, readPath, valueAt } from './path.js';

/** Longest text of one field, and the most paths in it. */
export const MAX_TEXT = 2000;
const MAX_PATHS = 20;

/** Most characters that are taken of a payload for one field: more than fits any of them. */
export const MAX_FOUND = 10_000;

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
  let paths = 0;
  let start = 0;
  for (let opened = text.indexOf('${'); opened !== -1; opened = text.indexOf('${', start)) {
    if (opened > start) parts.push(text.slice(start, opened));
    const read = readPath(text, opened + 2);
    const place = JSON.stringify(text.slice(opened, opened + 20));
    if ('error' in read) return { error: `has no path at ${place}: it ${read.error}` };
    if (text[read.end] !== '}') return { error: `has a path at ${place} that cannot be read up to a }` };
    parts.push({ path: read.value });
    paths += 1;
    if (paths > MAX_PATHS) return { error: `must not have more than ${MAX_PATHS} paths` };
    start = read.end + 1;
  }
  if (start < text.length) parts.push(text.slice(start));
  return { text: parts };
}

/** What a payload gives for a text; `error` is what is wrong with it, without a subject. */
export type FilledText = { readonly value: string } | { readonly error: string };

const TOO_LONG: FilledText = { error: `finds more than ${MAX_FOUND} characters` };

/**
 * The text with what the payload has at its paths. A path at which there is no text, number or yes/no leaves nothing. Line
 * breaks and other white space become single spaces, because WhatsApp takes no others in a template's values.
 * @returns undefined when there are paths and none of them finds anything, or nothing is left
 */
export function fillMappedText(text: MappedText, payload: unknown): FilledText | undefined {
  let paths = 0;
  let found = 0;
  let filled = '';
  for (const part of text) {
    if (typeof part === 'string') {
      filled += part;
      continue;
    }
    paths += 1;
    const value = scalarText(valueAt(payload, part.path));
    if (value === undefined) continue;
    found += 1;
    filled += value;
    // Nothing looks at the characters of what is too long.
    if (filled.length > MAX_FOUND) return TOO_LONG;
  }
  if (paths > 0 && found === 0) return undefined;
  const clean = filled.replaceAll(/\s+/gu, ' ').trim();
  return clean === '' ? undefined : { value: clean };
}

/** A value of JSON as text; undefined for what is none: nothing, null, an empty text, a list, an object. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return /\S/u.test(value) ? value : undefined;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
