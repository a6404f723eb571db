/** One step into a payload: the member of an object, or of a list by its place. */
export type PathStep = { readonly name: string } | { readonly index: number };

/** A path: `$` and its steps. */
export type Path = readonly PathStep[];

/** A path, or what is wrong with its text. */
export type ParsedPath = { readonly path: Path } | { readonly error: string };

/** Longest path as written, and most steps of one; payloads of stores are nowhere deeper than ten. */
export const MAX_PATH_LENGTH = 300;
export const MAX_PATH_STEPS = 20;

/** Places in a list have at most so many digits. */
const MAX_INDEX_DIGITS = 5;

const PLAIN_NAME = /[\p{L}\p{N}_-]+/uy;
const INDEX = /\[(\d+)\]/uy;
const QUOTED_NAME = /\['((?:[^'\\]|\\['\\])+)'\]/uy;

/** What stands at one place of a text, and where it ends. */
interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/**
 * Reads a path that makes up a whole text: `$`, `.name`, `['name']` (with `\'` and `\\`), `[n]`. Nothing of a payload is
 * ever run: there are no filters, wildcards or expressions.
 */
export function parsePath(text: string): ParsedPath {
  const read = readPath(text, 0);
  if ('error' in read) return read;
  if (read.end < text.length)
    return { error: `cannot be read from ${JSON.stringify(text.slice(read.end, read.end + 20))} on` };
  return { path: read.value };
}

/** Reads the path that begins at a place of a text, as far as it goes. */
export function readPath(text: string, start: number): Read<Path> | { readonly error: string } {
  if (text[start] !== '$') return { error: 'must begin with $' };
  const steps: PathStep[] = [];
  let end = start + 1;
  for (let step = readStep(text, end); step; step = readStep(text, end)) {
    steps.push(step.value);
    end = step.end;
    if (steps.length > MAX_PATH_STEPS) return { error: `must not have more than ${MAX_PATH_STEPS} steps` };
  }
  if (end - start > MAX_PATH_LENGTH) return { error: `must not be longer than ${MAX_PATH_LENGTH} characters` };
  return { value: steps, end };
}

function readStep(text: string, start: number): Read<PathStep> | undefined {
  if (text[start] === '.') {
    const name = matchAt(PLAIN_NAME, text, start + 1);
    return name ? { value: { name: name[0] }, end: start + 1 + name[0].length } : undefined;
  }
  const index = matchAt(INDEX, text, start);
  if (index?.[1] !== undefined) {
    if (index[1].length > MAX_INDEX_DIGITS) return undefined;
    return { value: { index: Number(index[1]) }, end: start + index[0].length };
  }
  const quoted = matchAt(QUOTED_NAME, text, start);
  if (quoted?.[1] === undefined) return undefined;
  return { value: { name: quoted[1].replace(/\\(['\\])/g, '$1') }, end: start + quoted[0].length };
}

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}

/**
 * What stands at the path; undefined when nothing does. Only a payload's own members are found, never what JavaScript
 * gives every object, list or text.
 */
export function valueAt(payload: unknown, path: Path): unknown {
  let value = payload;
  for (const step of path) {
    if ('index' in step) {
      if (!Array.isArray(value)) return undefined;
      value = (value as readonly unknown[])[step.index];
    } else {
      if (!isRecord(value) || !Object.hasOwn(value, step.name)) return undefined;
      value = value[step.name];
    }
  }
  return value;
}

/** A JSON object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
