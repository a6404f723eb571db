import type { TransformFnParams } from 'class-transformer';

/** A form sends an optional field that was left out as an empty text; it counts as absent. */
export function emptyAsAbsent({ value }: TransformFnParams): unknown {
  return value === '' || value === null ? undefined : (value as unknown);
}

/** The same, and digits (all that a form can send) become a number; anything else is left for the checks to refuse. */
export function integerText({ value }: TransformFnParams): unknown {
  if (value === '' || value === null) return undefined;
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : (value as unknown);
}

/** The same for a number with a fraction. */
export function numberText({ value }: TransformFnParams): unknown {
  if (value === '' || value === null) return undefined;
  return typeof value === 'string' && /^-?\d{1,3}(\.\d{1,20})?$/.test(value) ? Number(value) : (value as unknown);
}

/** The same for yes and no. */
export function booleanText({ value }: TransformFnParams): unknown {
  if (value === '' || value === null) return undefined;
  if (value === 'true' || value === '1') return true;
  return value === 'false' || value === '0' ? false : (value as unknown);
}
