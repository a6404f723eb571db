import { type FieldErrors, validationError } from '../http/api-error.js';
import { codePoints } from '../http/validation/code-points.js';
import type { Operator } from './list-spec.js';

/** Parameters of one request; no list needs more. */
export const MAX_PARAMETERS = 200;
/** Filters and search together, in characters: a cursor that carries them must fit into an address, too. */
export const MAX_FILTER_CHARACTERS = 2000;
/** A search, in characters. */
export const MAX_SEARCH_CHARACTERS = 200;

const PLAIN = ['page', 'per_page', 'sort', 'search', 'q', 'fields', 'include', 'cursor'] as const;
type PlainName = (typeof PLAIN)[number];

const OPERATORS: Readonly<Record<string, Operator>> = {
  gte: 'gte',
  '>=': 'gte',
  lte: 'lte',
  '<=': 'lte',
  gt: 'gt',
  '>': 'gt',
  lt: 'lt',
  '<': 'lt',
  ne: 'ne',
  '!=': 'ne',
  eq: 'eq',
  '=': 'eq',
  like: 'like',
  in: 'in',
  not_in: 'not_in',
  between: 'between',
  null: 'null',
};

/** The operator of a name or of its alias. */
export const operatorOf = (name: string): Operator | undefined =>
  Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;

/** A filter as it stands in the address. */
export interface WrittenFilter {
  readonly field: string;
  /** As written, `''` for none. */
  readonly operator: string;
  readonly value: string;
}

/** The parameters of a list, apart but not yet judged. An empty one counts as left out. */
export interface ListParameters {
  readonly plain: ReadonlyMap<PlainName, string>;
  readonly filters: readonly WrittenFilter[];
}

const isPlain = (name: string): name is PlainName => PLAIN.some((known) => known === name);
const FILTER = /^filter\[([^[\]]*)\](?:\[([^[\]]*)\])?$/;
/** Longest name that is repeated to the caller. */
const SHOWN = 100;

/**
 * Takes the query of a list apart. It reads the text of the address itself: a general parser would make objects of
 * names in brackets, drop what is too deep or too much without a word, and so answer with rows that a filter excludes.
 * Parameters that no list knows are left alone.
 * @param found gets what is wrong, by parameter
 * @throws ApiError 422 when there are too many
 */
export function readParameters(query: string, found: FieldErrors): ListParameters {
  const plain = new Map<PlainName, string>();
  const filters: WrittenFilter[] = [];
  const fault = (name: string, message: string): void => {
    (found[name.slice(0, SHOWN)] ??= []).push(message);
  };
  let count = 0;
  for (const part of query.split('&')) {
    if (part === '') continue;
    if (++count > MAX_PARAMETERS) throw validationError({ query: [`must not have over ${MAX_PARAMETERS} parameters`] });
    const [name, value] = nameAndValue(part);
    const [base = ''] = name.split('[', 1);
    if (base !== 'filter' && !isPlain(base)) continue;
    const filter = FILTER.exec(name);
    if (value.includes('\0') || name.includes('\0')) {
      fault(base, 'must not contain NUL characters');
    } else if (filter) {
      const [, field = '', operator = ''] = filter;
      filters.push({ field, operator, value });
    } else if (isPlain(name)) {
      if (plain.has(name)) fault(name, 'must be given once');
      else if (value.trim() !== '') plain.set(name, value.trim());
    } else {
      fault(base, base === 'filter' ? 'must look like filter[field] or filter[field][operator]' : 'must be a text');
    }
  }
  unifySearch(plain, fault);
  const characters = filters.reduce((sum, { value }) => sum + codePoints(value), codePoints(plain.get('search') ?? ''));
  if (characters > MAX_FILTER_CHARACTERS) {
    fault('filter', `filters and search together must not be longer than ${MAX_FILTER_CHARACTERS} characters`);
  }
  return { plain, filters };
}

/**
 * The name and the value of a part of the query. The name of a filter ends with its bracket: `filter[weight][>=]=5` has
 * an equals sign before that, which few clients encode.
 */
function nameAndValue(part: string): [string, string] {
  const bracket = /^filter(?:\[|%5B).*?(?:\]|%5D)(?==)/i.exec(part);
  const equals = bracket ? bracket[0].length : part.indexOf('=');
  return equals < 0 ? [decoded(part), ''] : [decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))];
}

/** As forms are decoded (WHATWG URL): never an error, what is no UTF-8 becomes U+FFFD. */
const decoded = (text: string): string => new URLSearchParams(`_=${text}`).get('_') ?? '';

/** `q` is another name of `search`. */
function unifySearch(plain: Map<PlainName, string>, fault: (name: string, message: string) => void): void {
  const { search, q } = { search: plain.get('search'), q: plain.get('q') };
  if (search !== undefined && q !== undefined && search !== q)
    fault('q', 'is another name of search: give one of them');
  const wanted = search ?? q;
  if (wanted === undefined) return;
  if (codePoints(wanted) > MAX_SEARCH_CHARACTERS) {
    fault(search === undefined ? 'q' : 'search', `must not be longer than ${MAX_SEARCH_CHARACTERS} characters`);
  }
  plain.set('search', wanted);
}
