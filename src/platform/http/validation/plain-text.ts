import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsOptional, ValidateBy } from 'class-validator';
import { codePoints } from './code-points.js';

/** A field of text without merge fields or markup. */
export interface PlainText {
  /** Code points, counted after white space around the text was taken off. */
  max: number;
  example: string;
  description?: string;
}

/** A text that must be there and hold more than white space; white space around it is taken off. */
export function RequiredPlainText({ max, example, description }: PlainText): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: String, minLength: 1, maxLength: max, example, description }),
    Transform(trimmed),
    IsPlainText(max),
  );
}

/** The same, and may be left out; null or an empty text means that there is none. */
export function OptionalPlainText({ max, example, description }: PlainText): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, maxLength: max, example, description }),
    Transform(trimmedOrNull),
    IsOptional(),
    IsPlainText(max),
  );
}

/** White space around a text is nobody's intention. What is no text is left for the checks to refuse. */
export function trimmed({ value }: TransformFnParams): unknown {
  return typeof value === 'string' ? value.trim() : (value as unknown);
}

/** The same for a field that may be empty. */
export function trimmedOrNull(params: TransformFnParams): unknown {
  const value = trimmed(params);
  return value === '' ? null : value;
}

function IsPlainText(max: number): PropertyDecorator {
  const fault = (value: unknown): string | undefined => {
    if (value === undefined || value === null) return 'is required';
    if (typeof value !== 'string') return 'must be a string';
    if (value === '') return 'must not be blank';
    return codePoints(value) > max ? `must not be longer than ${max} characters` : undefined;
  };
  return ValidateBy({
    name: 'isPlainText',
    validator: {
      validate: (value: unknown) => fault(value) === undefined,
      defaultMessage: (args) => `${args?.property ?? 'value'} ${fault(args?.value) ?? 'is wrong'}`,
    },
  });
}
