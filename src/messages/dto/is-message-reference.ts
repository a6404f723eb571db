import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { readMessageReference } from '../message-reference.js';

/** A message, by our integer id (a number, or its digits) or by its wamid; kept as text. */
export function IsMessageReference(): PropertyDecorator {
  const toText = Transform(({ value }: { value: unknown }): unknown =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? String(value) : value,
  );
  const validate = ValidateBy({
    name: 'isMessageReference',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && readMessageReference(value) !== undefined,
      defaultMessage: (args) => `${args?.property ?? 'value'} must be the id or the wamid of a message`,
    },
  });
  return (target, property) => {
    toText(target, property);
    validate(target, property);
  };
}
