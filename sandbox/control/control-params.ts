import type { Request } from 'express';
import type { Account } from '../world/account.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';

export type Params = Record<string, unknown>;

/** A call of the control API that makes no sense; answered as `{"error": "..."}`. */
export class ControlError extends Error {
  constructor(
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export function isParams(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON body; a missing one is an empty object. @throws ControlError for keys that mean nothing here. */
export function readBody(request: Request, allowed: readonly string[]): Params {
  const body: unknown = request.body ?? {};
  if (!isParams(body)) throw new ControlError('the body must be a JSON object');
  checkKeys(body, allowed);
  return body;
}

export function checkKeys(params: Params, allowed: readonly string[]): void {
  const unknown = Object.keys(params).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) {
    throw new ControlError(`unknown: ${unknown.join(', ')}; known are ${allowed.join(', ')}`);
  }
}

export function optionalString(params: Params, key: string): string | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value === '') throw new ControlError(`${key} must be a text`);
  return value;
}

export function requiredString(params: Params, key: string): string {
  const value = optionalString(params, key);
  if (value === undefined) throw new ControlError(`${key} is missing`);
  return value;
}

export function optionalNumber(params: Params, key: string, min: number, max: number): number | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new ControlError(`${key} must be a number from ${min} to ${max}`);
  }
  return value;
}

export function optionalBoolean(params: Params, key: string): boolean | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw new ControlError(`${key} must be true or false`);
  return value;
}

export function optionalObject(params: Params, key: string): Params | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  if (!isParams(value)) throw new ControlError(`${key} must be a JSON object`);
  return value;
}

export function optionalObjects(params: Params, key: string): Params[] {
  const value = params[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every(isParams)) throw new ControlError(`${key} must be a list of JSON objects`);
  return value;
}

/** One of a list of words. */
export function optionalChoice<T extends string>(params: Params, key: string, choices: readonly T[]): T | undefined {
  const value = params[key];
  if (value === undefined || value === null) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new ControlError(`${key} must be one of ${choices.join(', ')}`);
  return found;
}

export function accountOf(world: World, id: unknown): Account {
  const account = world.accounts.get(String(id));
  if (account === undefined) throw new ControlError(`no account ${String(id)}`, 404);
  return account;
}

export function numberOf(world: World, id: unknown): PhoneNumber {
  const number = world.numbers.get(String(id));
  if (number === undefined) throw new ControlError(`no phone number ${String(id)}`, 404);
  return number;
}

/** The account that `waba_id` or `phone_number_id` names; null when neither is given. */
export function accountNamed(world: World, params: Params): Account | null {
  if (params['phone_number_id'] !== undefined) return numberOf(world, params['phone_number_id']).account;
  if (params['waba_id'] !== undefined) return accountOf(world, params['waba_id']);
  return null;
}

/** Query parameters as text. */
export function queryOf(request: Request): Record<string, string> {
  return Object.fromEntries(new URL(request.originalUrl, 'http://localhost').searchParams);
}
