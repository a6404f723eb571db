import { GraphError } from './graph-error.js';

/** A JSON object whose members are not known yet. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The name of a nested parameter the way Meta writes it: `template['components']['0']`. */
export function child(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}['${key}']`;
}

/** 100, over-long or misspelled parameters. */
export function invalidParameter(details: string): GraphError {
  return new GraphError(100, details);
}

/** 131009, a value that is not among the allowed ones. */
export function invalidValue(details: string): GraphError {
  return new GraphError(131009, details);
}

/** 131008, a nested parameter that must be there. */
export function missing(path: string): GraphError {
  return new GraphError(131008, `The parameter ${path} is required.`);
}

/** Refuses (100) every key that is not in `allowed`. */
export function onlyKeys(fields: Fields, path: string, allowed: ReadonlySet<string>): void {
  for (const key of Object.keys(fields)) {
    if (!allowed.has(key)) {
      throw invalidParameter(`Unexpected key "${key}"${path === '' ? '' : ` on param "${path}"`}.`);
    }
  }
}

export function readObject(parent: Fields, key: string, path: string): Fields {
  const value = parent[key];
  const name = child(path, key);
  if (value === undefined || value === null) throw missing(name);
  if (!isFields(value)) throw invalidParameter(`Param ${name} must be a JSON object.`);
  return value;
}

export function readArray(parent: Fields, key: string, path: string, min: number, max: number): unknown[] {
  const value = parent[key];
  const name = child(path, key);
  if (value === undefined || value === null) throw missing(name);
  if (!Array.isArray(value)) throw invalidParameter(`Param ${name} must be an array.`);
  const list: unknown[] = value;
  if (list.length < min) throw invalidParameter(`Param ${name} must have at least ${min} items.`);
  if (list.length > max) throw invalidParameter(`Param ${name} must have at most ${max} items.`);
  return list;
}

/** The objects of an array, each with its path. */
export function readObjects(
  parent: Fields,
  key: string,
  path: string,
  min: number,
  max: number,
): { fields: Fields; path: string }[] {
  return readArray(parent, key, path, min, max).map((item, index) => {
    const itemPath = child(child(path, key), index);
    if (!isFields(item)) throw invalidParameter(`Param ${itemPath} must be a JSON object.`);
    return { fields: item, path: itemPath };
  });
}

/** A text of 1 to `max` characters (Unicode code points). */
export function readText(parent: Fields, key: string, path: string, max: number): string {
  const value = parent[key];
  const name = child(path, key);
  if (value === undefined || value === null || value === '') throw missing(name);
  if (typeof value !== 'string') throw invalidParameter(`Param ${name} must be a string.`);
  checkLength(value, name, max);
  return value;
}

export function readOptionalText(parent: Fields, key: string, path: string, max: number): string | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalidParameter(`Param ${child(path, key)} must be a string.`);
  checkLength(value, child(path, key), max);
  return value;
}

export function readOptionalBoolean(parent: Fields, key: string, path: string): boolean | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw invalidParameter(`Param ${child(path, key)} must be a boolean.`);
  return value;
}

/** A number, or a string that is one: Meta's guide and its examples disagree for coordinates. */
export function readNumber(parent: Fields, key: string, path: string, min: number, max: number): number {
  const value = parent[key];
  const name = child(path, key);
  if (value === undefined || value === null || value === '') throw missing(name);
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalidValue(`Param ${name} must be a number.`);
  if (number < min || number > max) throw invalidValue(`Param ${name} must be between ${min} and ${max}.`);
  return number;
}

export function codePoints(text: string): number {
  return [...text].length;
}

function checkLength(value: string, name: string, max: number): void {
  if (value.length > max && codePoints(value) > max) {
    throw invalidParameter(`Param ${name} must be at most ${max} characters long.`);
  }
}
