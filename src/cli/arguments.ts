import { InvalidArgumentError } from 'commander';
import { UsageError } from './failure.js';

/** A resource id. */
export function parseId(text: string): number {
  const id = Number(text);
  if (!/^\d{1,9}$/.test(text) || id < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return id;
}

/** The id of a record that there are very many of. */
export function parseLargeId(text: string): number {
  const id = Number(text);
  if (!/^\d{1,15}$/.test(text) || id < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return id;
}

/** A plan's limit: a whole number from 0, or `unlimited`, which is -1. */
export function parseLimit(text: string): number {
  if (text === 'unlimited') return -1;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, or `unlimited`.');
  return Number(text);
}

/** A UUID, such as the id of a request. */
export function parseUuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw new InvalidArgumentError('It must be a UUID.');
  return text;
}

/** An id of Meta's: digits, kept as text. */
export function parseMetaId(text: string): string {
  if (!/^\d{5,25}$/.test(text)) throw new InvalidArgumentError('It must be the id from WhatsApp Manager: digits only.');
  return text;
}

/** `a,b c` → `['a', 'b', 'c']`. */
export const parseList = (text: string): string[] => text.split(/[\s,]+/).filter((part) => part !== '');

/** A point in time: ISO 8601, with a time zone or as a date in UTC. */
export function parseTime(text: string): Date {
  const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;
  const time = new Date(text);
  if (!form.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('It must look like 2027-01-31 or 2027-01-31T08:00:00Z.');
  }
  return time;
}

const MAX_SECRET_BYTES = 10_000;

/**
 * A secret that was given as an option, or `-` to take it from standard input, so that it does not stand in the list
 * of processes and in the shell's history.
 */
export async function readSecret(option: string, value: string | undefined): Promise<string | undefined> {
  if (value === undefined) return undefined;
  const secret = value === '-' ? await readStandardInput(option) : value;
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new UsageError(`${option} is empty or has characters that no secret has`);
  return secret;
}

async function readStandardInput(option: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MAX_SECRET_BYTES) throw new UsageError(`${option}: standard input is too long for a secret`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}
