import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { type FieldErrors, validationError } from '../api-error.js';
import { sanitizeInput } from './sanitize-input.js';

/** Collects the messages of every wrong field; members of arrays and objects as `contacts.3.phone`. */
function collect(errors: readonly ValidationError[], prefix: string, found: FieldErrors): FieldErrors {
  for (const error of errors) {
    const field = prefix === '' ? error.property : `${prefix}.${error.property}`;
    const messages = Object.values(error.constraints ?? {});
    if (messages.length > 0) (found[field] ??= []).push(...messages);
    if (error.children) collect(error.children, field, found);
  }
  return found;
}

/**
 * Turns what came over the wire into an instance of a DTO class and checks all its rules; answers every wrong field
 * beside it, for a caller that has more to check. Unknown fields are ignored, keys that could reach a prototype are
 * dropped, text that Postgres cannot store is a fault.
 */
export async function checkDto<T extends object>(
  dto: Type<T>,
  plain: unknown,
): Promise<{ instance: T; faults: FieldErrors }> {
  const faults: FieldErrors = {};
  const input = sanitizeInput(plain ?? {}, dto, faults);
  const instance = plainToInstance(dto, input, { exposeDefaultValues: true });
  collect(await validate(instance, { forbidUnknownValues: false }), '', faults);
  return { instance, faults };
}

/**
 * The same for a body that is checked by its DTO alone.
 * @throws ApiError 422 VALIDATION_ERROR that names every wrong field
 */
export async function validateDto<T extends object>(dto: Type<T>, plain: unknown): Promise<T> {
  const { instance, faults } = await checkDto(dto, plain);
  if (Object.keys(faults).length > 0) throw validationError(faults);
  return instance;
}
