import type { FieldErrors } from '../../platform/http/api-error.js';
import { isRecord, parsePath, type Path, valueAt } from './path.js';

/** Most conditions of a listener, members of an `in`, and characters of a text to compare with. */
export const MAX_CONDITIONS = 20;
const MAX_MEMBERS = 50;
const MAX_VALUE = 500;

/** How a value of the payload is compared. */
export const CONDITION_OPERATORS = ['eq', 'ne', 'in', 'exists', 'gt', 'lt'] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

type Scalar = string | number | boolean | null;

/** As a tenant writes it, and as it is stored. */
export interface WrittenCondition {
  readonly path: string;
  readonly op: ConditionOperator;
  readonly value?: Scalar | readonly Scalar[];
}

/** The same, read. */
export interface Condition {
  readonly written: WrittenCondition;
  readonly path: Path;
}

/** Reads a listener's conditions. Adds to `faults` what is wrong with them, as `conditions.0.path`. */
export function parseConditions(written: unknown, faults: FieldErrors): Condition[] {
  if (written === undefined || written === null) return [];
  if (!Array.isArray(written)) {
    faults.conditions = ['conditions must be a list'];
    return [];
  }
  if (written.length > MAX_CONDITIONS) {
    faults.conditions = [`conditions must not have more than ${MAX_CONDITIONS} members`];
    return [];
  }
  return written.flatMap((one: unknown, index) => parseCondition(one, `conditions.${index}`, faults) ?? []);
}

function parseCondition(one: unknown, place: string, faults: FieldErrors): Condition | undefined {
  if (!isRecord(one)) {
    faults[place] = ['must be an object with path, op and value'];
    return undefined;
  }
  const parsed = typeof one.path === 'string' ? parsePath(one.path) : { error: 'is required' };
  if ('error' in parsed) faults[`${place}.path`] = [`path ${parsed.error}`];
  const op = CONDITION_OPERATORS.find((name) => name === one.op);
  if (!op) faults[`${place}.op`] = [`op must be one of ${CONDITION_OPERATORS.join(', ')}`];
  const fault = op && faultOfValue(op, one.value);
  if (fault) faults[`${place}.value`] = [`value ${fault}`];
  if ('error' in parsed || !op || fault) return undefined;
  // Checked above: the value is of a kind that its operator takes.
  const value = one.value as WrittenCondition['value'];
  return {
    path: parsed.path,
    written: { path: String(one.path), op, ...(value !== undefined && { value }) },
  };
}

function faultOfValue(op: ConditionOperator, value: unknown): string | undefined {
  switch (op) {
    case 'exists':
      return value === undefined || typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'in': {
      if (!Array.isArray(value) || value.length < 1 || value.length > MAX_MEMBERS) {
        return `must be a list of 1 to ${MAX_MEMBERS} values`;
      }
      return value.every(isScalar)
        ? undefined
        : `must hold texts of at most ${MAX_VALUE} characters, numbers, true, false or null`;
    }
    case 'gt':
    case 'lt':
      return numberOf(value) === undefined ? 'must be a number' : undefined;
    default:
      return isScalar(value)
        ? undefined
        : `must be a text of at most ${MAX_VALUE} characters, a number, true, false or null`;
  }
}

const isScalar = (value: unknown): value is Scalar =>
  value === null ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value)) ||
  (typeof value === 'string' && value.length <= MAX_VALUE);

/** The first condition that does not hold for a payload; undefined: all hold. */
export function unmetCondition(conditions: readonly Condition[], payload: unknown): Condition | undefined {
  return conditions.find((condition) => !holds(condition, payload));
}

/**
 * Stores write numbers as texts (`"total": "49.90"`), so both are compared as numbers where both are one: `eq 49.9` holds.
 * Nothing, and null, are equal to null only; `exists` means: neither nothing nor null. `gt` and `lt` hold between numbers.
 */
function holds({ path, written: { op, value } }: Condition, payload: unknown): boolean {
  const found = valueAt(payload, path);
  switch (op) {
    case 'exists':
      return (found !== undefined && found !== null) === (value ?? true);
    case 'eq':
      return equal(found, value);
    case 'ne':
      return !equal(found, value);
    case 'in':
      return Array.isArray(value) && value.some((member: unknown) => equal(found, member));
    default: {
      const [left, right] = [numberOf(found), numberOf(value)];
      if (left === undefined || right === undefined) return false;
      return op === 'gt' ? left > right : left < right;
    }
  }
}

function equal(found: unknown, wanted: unknown): boolean {
  if (found === undefined || found === null || wanted === null) return (found ?? null) === wanted;
  if (found === wanted) return true;
  // The one a text, the other a number: "1" is 1. Two texts are compared as texts.
  if (typeof found === 'string' && typeof wanted === 'string') return false;
  const [left, right] = [numberOf(found), numberOf(wanted)];
  return left !== undefined && left === right;
}

/** A number, or a text that is one in decimal. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/.test(value) ? Number(value) : undefined;
}
