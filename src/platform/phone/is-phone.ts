import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationOptions } from 'class-validator';
import { parsePhone } from './phone.js';

/**
 * A phone number as a DTO's field: replaced by its digits when {@link parsePhone} reads it, refused with the reason
 * when not. `maxDigits` also bounds the digits (15 on media sends, as E.164).
 */
export function IsPhone({ maxDigits, ...options }: ValidationOptions & { maxDigits?: number } = {}): PropertyDecorator {
  const fault = (value: unknown): string | undefined => {
    if (typeof value !== 'string') return 'must be a string';
    const phone = parsePhone(value);
    if ('error' in phone) return phone.error;
    if (maxDigits !== undefined && phone.digits.length > maxDigits)
      return `must not have more than ${maxDigits} digits`;
    return undefined;
  };
  const toDigits = Transform(({ value }: { value: unknown }): unknown => {
    if (typeof value !== 'string') return value;
    const phone = parsePhone(value);
    return 'digits' in phone ? phone.digits : value;
  });
  const validate = ValidateBy(
    {
      name: 'isPhone',
      validator: {
        validate: (value: unknown) => fault(value) === undefined,
        defaultMessage: (args) => `${args?.property ?? 'value'} ${fault(args?.value) ?? 'is not valid'}`,
      },
    },
    options,
  );
  return (target, property) => {
    toDigits(target, property);
    validate(target, property);
  };
}
