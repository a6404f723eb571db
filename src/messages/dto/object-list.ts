import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type as Members } from 'class-transformer';
import { IsOptional, ValidateBy, ValidateIf, ValidateNested } from 'class-validator';
import { LimitedList } from '../../platform/http/validation/list-limit.js';

/** A list of objects, as it is checked and as the API reference shows it. */
export interface ObjectList<Dto = object> {
  of: () => Type<object>;
  min: number;
  max: number;
  description?: string;
  /** Required only of such a body; of others the field is not even looked at. */
  when?: (dto: Dto) => boolean;
}

/** A list that must be there, with `min` to `max` members of which each is checked by its own class. */
export function RequiredList<Dto extends object>(list: ObjectList<Dto>): PropertyDecorator {
  const { when } = list;
  return applyDecorators(documented(list, when === undefined), ...(when ? [ValidateIf(when)] : []), ...checked(list));
}

/** The same, and may be left out. */
export function OptionalList(list: ObjectList): PropertyDecorator {
  return applyDecorators(documented(list, false), IsOptional(), ...checked(list));
}

function documented<Dto>({ of, min, max, description }: ObjectList<Dto>, required: boolean): PropertyDecorator {
  const document = required ? ApiProperty : ApiPropertyOptional;
  // Swagger knows a lazy type by the name of the function: `type`.
  return document({ type: () => of(), isArray: true, minItems: min, maxItems: max, description });
}

function checked<Dto>({ of, min, max }: ObjectList<Dto>): PropertyDecorator[] {
  const isMember = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  return [
    ValidateBy({
      name: 'objectList',
      validator: {
        validate: (value: unknown) =>
          Array.isArray(value) && value.length >= min && value.length <= max && value.every(isMember),
        defaultMessage: (args) => `${args?.property ?? 'value'} must be a list of ${min} to ${max} objects`,
      },
    }),
    ValidateNested({ each: true, message: 'each member must be an object' }),
    Members(of),
    LimitedList(max, of),
  ];
}
