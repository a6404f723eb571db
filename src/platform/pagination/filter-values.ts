import type { FilterCondition, FilterValue, TimeSpan } from './list-request.js';
import type { FilterableField, FilterType, Operator } from './list-spec.js';

/** Values of `in` and `not_in`. */
export const MAX_LISTED = 100;

/** What a filter wants of its value, when it is wrong. */
type Understood = { readonly values: readonly FilterValue[] } | { readonly fault: string };

/** Integers that a JSON number holds exactly; larger than any id of ours. */
const INTEGER = /^-?\d{1,15}$/;
/** Members of an integer[] column. */
const LARGEST_MEMBER = 2_147_483_647;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(\.\d{1,3})?(Z|[+ -]\d{2}:?\d{2})?)?$/i;
const DAY_MS = 86_400_000;
const YEARS = { first: 1970, last: 9998 } as const;

/** Understands what stands behind a filter's `=`. */
export function readFilterValue(field: FilterableField, operator: Operator, written: string): Understood {
  if (operator === 'null') {
    const value = readBoolean(written);
    return value === undefined ? { fault: 'must be true or false' } : { values: [value] };
  }
  const parts = isList(operator) ? written.split(',').map((part) => part.trim()) : [written];
  if (operator === 'between' && parts.length !== 2) return { fault: 'must have two values, separated by a comma' };
  if (parts.length > MAX_LISTED) return { fault: `must not have over ${MAX_LISTED} values` };
  const values: FilterValue[] = [];
  for (const part of parts) {
    const value = operator === 'like' ? readLike(part) : readOne(field, part);
    if (value === undefined) return { fault: wants(field, operator) };
    values.push(value);
  }
  if (operator === 'between' && isReversed(values)) return { fault: 'must have the smaller value first' };
  return { values };
}

/** The same condition, however it was spelled. */
export const sameCondition = (one: FilterCondition, other: FilterCondition): boolean =>
  one.field === other.field &&
  one.operator === other.operator &&
  JSON.stringify(one.values) === JSON.stringify(other.values);

const isList = (operator: Operator): boolean => ['in', 'not_in', 'between'].includes(operator);

function readOne(field: FilterableField, part: string): FilterValue | undefined {
  switch (field.type) {
    case 'boolean':
      return readBoolean(part);
    case 'integer':
      return INTEGER.test(part) ? String(Number(part)) : undefined;
    case 'integers':
      return INTEGER.test(part) && Math.abs(Number(part)) <= LARGEST_MEMBER ? String(Number(part)) : undefined;
    case 'timestamp':
      return readTime(part);
    case 'text': {
      const text = field.normalise ? field.normalise(part) : part;
      return field.values && !field.values.includes(text) ? undefined : text;
    }
    default:
      return neverType(field.type);
  }
}

const neverType = (type: never): never => {
  throw new Error(`No such type of filter: ${String(type)}`);
};

const readLike = (part: string): string | undefined => (part === '' ? undefined : part);

const readBoolean = (part: string): boolean | undefined =>
  ['true', '1'].includes(part) ? true : ['false', '0'].includes(part) ? false : undefined;

/**
 * A time means all of the span it names: a date its day (UTC), a time without fraction its second, which is what the
 * API itself shows. So `filter[created_at]` finds what was answered, and `between` two dates has both days in it.
 */
function readTime(part: string): TimeSpan | undefined {
  const match = TIMESTAMP.exec(part);
  if (!match) return undefined;
  const [, date = '', time, fraction, offset = 'Z'] = match;
  // A plus sign that was not encoded arrives as a space.
  const zone = offset
    .toUpperCase()
    .replace(' ', '+')
    .replace(/^(...)(\d\d)$/, '$1:$2');
  const from = Date.parse(time === undefined ? `${date}T00:00:00Z` : `${date}T${time}${fraction ?? ''}${zone}`);
  if (Number.isNaN(from) || !isRealDate(date)) return undefined;
  const year = new Date(from).getUTCFullYear();
  if (year < YEARS.first || year > YEARS.last) return undefined;
  const length = time === undefined ? DAY_MS : fraction === undefined ? 1000 : 1;
  return { from: new Date(from).toISOString(), to: new Date(from + length).toISOString() };
}

/** Date.parse takes 30 February for 2 March. */
function isRealDate(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}

function isReversed([first, second]: readonly FilterValue[]): boolean {
  if (typeof first === 'object' && typeof second === 'object') return first.from > second.from;
  return typeof first === 'string' && typeof second === 'string' && Number(first) > Number(second);
}

const WANTED: Readonly<Record<FilterType, string>> = {
  text: 'a text',
  integer: 'an integer',
  integers: 'an integer',
  boolean: 'true or false',
  timestamp: `a date or time as ISO 8601, from ${YEARS.first} to ${YEARS.last}`,
};

function wants(field: FilterableField, operator: Operator): string {
  if (operator === 'like') return 'must not be empty';
  const wanted = field.values ? `one of ${field.values.join(', ')}` : WANTED[field.type];
  return isList(operator) ? `each value must be ${wanted}` : `must be ${wanted}`;
}
