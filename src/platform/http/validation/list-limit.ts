import type { Type } from '@nestjs/common';

/** Longest list that a field of a DTO takes, and the class of its members. */
class ListLimit {
  constructor(
    readonly max: number,
    readonly of: () => Type<object>,
  ) {}
}

const KEY = Symbol('list limit');

/**
 * Tells how long a list may be before it is looked at: of a longer one {@link withinLimit} leaves so many members that the
 * field's own rule refuses it, and the others, a million maybe, are never copied, made into objects or checked.
 */
export const LimitedList =
  (max: number, of: () => Type<object>): PropertyDecorator =>
  (target, property) => {
    Reflect.defineMetadata(KEY, new ListLimit(max, of), target, property);
  };

/** The beginning of a list for this field of the DTO, and the class of its members where the field is such a list. */
export function withinLimit(
  dto: Type<object> | undefined,
  field: string,
  list: readonly unknown[],
): { members: readonly unknown[]; of: Type<object> | undefined } {
  const limit: unknown = dto && Reflect.getMetadata(KEY, dto.prototype as object, field);
  if (!(limit instanceof ListLimit)) return { members: list, of: undefined };
  return { members: list.slice(0, limit.max + 1), of: limit.of() };
}
