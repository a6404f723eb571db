import { ValidateBy, type ValidationOptions } from 'class-validator';

/**
 * How many Unicode code points a text has: an emoji outside the basic plane is one, where `length` says two.
 * Combining marks and joined emoji count each of their parts.
 */
export function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    // A high surrogate with its low one: two code units, one code point.
    if ((text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}

/** The text has at most `limit` Unicode code points. */
export const MaxCodePoints = (limit: number, options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'maxCodePoints',
      constraints: [limit],
      validator: {
        validate: (value: unknown) => typeof value === 'string' && codePoints(value) <= limit,
        defaultMessage: (args) => `${args?.property ?? 'value'} must not be longer than ${limit} characters`,
      },
    },
    options,
  );

/** The text has at least `limit` Unicode code points. */
export const MinCodePoints = (limit: number, options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'minCodePoints',
      constraints: [limit],
      validator: {
        validate: (value: unknown) => typeof value === 'string' && codePoints(value) >= limit,
        defaultMessage: (args) => `${args?.property ?? 'value'} must have at least ${limit} characters`,
      },
    },
    options,
  );
