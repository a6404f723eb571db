import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, ValidateBy, ValidateIf } from 'class-validator';
import { codePoints } from '../../platform/http/validation/code-points.js';
import { hasMergeFields, MAX_UNMERGED_TEXT } from '../outbound/merge-fields.js';
import { emptyAsAbsent } from './form-values.js';

/** A field of text, as it is checked and as the API reference shows it. */
export interface TextField<Dto = object> {
  /** Code points. */
  max: number;
  example: string;
  description?: string;
  /** May hold merge fields; the limit then holds for what it becomes (see judge). */
  merged?: boolean;
  /** Required only of such a body; of others the field is not even looked at. */
  when?: (dto: Dto) => boolean;
}

/** A text that must be there and hold more than white space. Says of a wrong one the one thing that is wrong. */
export function RequiredText<Dto extends object>(field: TextField<Dto>): PropertyDecorator {
  const { max, example, description, when } = field;
  const document = when ? ApiPropertyOptional : ApiProperty;
  return applyDecorators(
    document({ type: String, minLength: 1, maxLength: max, example, description }),
    ...(when ? [ValidateIf(when)] : []),
    IsText(field),
  );
}

/** A text that may be left out, or be empty. */
export function OptionalText({ max, example, description }: TextField): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: String, maxLength: max, example, description }),
    Transform(emptyAsAbsent),
    IsOptional(),
    IsText({ max }),
  );
}

function IsText({ max, merged = false }: Pick<TextField, 'max' | 'merged'>): PropertyDecorator {
  const fault = (value: unknown): string | undefined => {
    if (value === undefined || value === null) return 'is required';
    if (typeof value !== 'string') return 'must be a string';
    if (value.trim() === '') return 'must not be blank';
    const length = codePoints(value);
    if (length <= max || (merged && length <= MAX_UNMERGED_TEXT && hasMergeFields(value))) return undefined;
    return `must not be longer than ${max} characters`;
  };
  return ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => fault(value) === undefined,
      defaultMessage: (args) => `${args?.property ?? 'value'} ${fault(args?.value) ?? 'is wrong'}`,
    },
  });
}
