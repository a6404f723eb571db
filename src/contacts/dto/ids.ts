import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** Most members of a list of ids, and of a batch. */
export const MAX_MEMBERS = 1000;

/** A form sends numbers as text; anything else is left for the checks to refuse. */
export const integerValue = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;

/** The same for each member of a list. */
export const integerValues = (value: unknown): unknown => (Array.isArray(value) ? value.map(integerValue) : value);

/** 1 to 1,000 integers, whether or not anything has these ids. */
export function IdList(description: string): PropertyDecorator {
  const fault = (value: unknown): string | undefined => {
    if (value === undefined || value === null) return 'is required';
    if (!Array.isArray(value)) return 'must be a list of integers';
    if (value.length === 0) return 'must not be empty';
    if (value.length > MAX_MEMBERS) return `must not have over ${MAX_MEMBERS} members`;
    return value.every((member) => Number.isSafeInteger(member)) ? undefined : 'must hold integers only';
  };
  return applyDecorators(
    ApiProperty({
      type: 'integer',
      isArray: true,
      minItems: 1,
      maxItems: MAX_MEMBERS,
      example: [12, 13],
      description,
    }),
    Transform(({ value }) => integerValues(value)),
    ValidateBy({
      name: 'idList',
      validator: {
        validate: (value: unknown) => fault(value) === undefined,
        defaultMessage: (args) => `${args?.property ?? 'value'} ${fault(args?.value) ?? 'is wrong'}`,
      },
    }),
  );
}
