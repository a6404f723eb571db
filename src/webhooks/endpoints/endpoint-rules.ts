import { isWebPort, portOf } from '../../platform/public-hosts/allowed-hosts.js';

export const MAX_URL = 2048;
export const MAX_HEADERS = 20;
export const MAX_HEADER_NAME = 100;
export const MAX_HEADER_VALUE = 1024;

/** What is wrong with the address of an endpoint, whatever its host; undefined: nothing. */
export function faultOfUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'is required';
  if (value.length > MAX_URL) return `must not be longer than ${MAX_URL} characters`;
  if (!URL.canParse(value)) return 'is no valid URL';
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  // Also an empty one, which the parser drops.
  if (url.username !== '' || url.password !== '' || /^https?:[/\\]*[^/\\?#]*@/i.test(value))
    return 'must not contain a user name or password; send them in a header';
  return value.includes('#') ? 'must not have a fragment (#)' : undefined;
}

/** What is wrong with the port, unless the operator exempts the host; undefined: nothing. */
export const faultOfPort = (url: URL): string | undefined =>
  isWebPort(portOf(url)) ? undefined : `must not use port ${portOf(url)}`;

/** A field name of HTTP (RFC 9110, 5.6.2), and a value of it (5.5): visible ASCII, with spaces and tabs inside. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;

/** Set by us, or by the connection (RFC 9110, 7.6.1). */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-request-id',
]);
const RESERVED_PREFIX = 'webhook-';

/** What is wrong with an endpoint's own headers; undefined: nothing. */
export function faultOfHeaders(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be an object of header names and their values';
  const headers = Object.entries(value);
  if (headers.length > MAX_HEADERS) return `must not have more than ${MAX_HEADERS} members`;
  const names = headers.map(([name]) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `must not name ${twice} twice`;
  for (const [name, text] of headers) {
    const fault = faultOfHeader(name, text);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfHeader(name: string, value: unknown): string | undefined {
  if (name.length > MAX_HEADER_NAME || !NAME.test(name))
    return `must have names of letters, digits and - _ . of at most ${MAX_HEADER_NAME} characters`;
  const lower = name.toLowerCase();
  if (RESERVED.has(lower) || lower.startsWith(RESERVED_PREFIX)) return `must not set ${name}`;
  if (typeof value !== 'string' || value.length > MAX_HEADER_VALUE || !VALUE.test(value))
    return `must have a text of 1 to ${MAX_HEADER_VALUE} ASCII characters as ${name}, without spaces around it`;
  return undefined;
}
