import { MediaUrlRefusedError } from './media-url-refused.js';

/** Longer ones are refused by many servers, and no real address needs more. */
const MAX_URL_LENGTH = 2048;
/** Below the ephemeral and registered application ports only HTTP's own: others are mail, shells, name servers. */
const FIRST_UNPRIVILEGED_PORT = 1024;
const HTTP_PORTS = [80, 443];

/** Hosts (`host` or `host:port`) that MEDIA_URL_ALLOW exempts from the rules on addresses and ports. */
export class AllowedHosts {
  private readonly entries: ReadonlySet<string>;

  constructor(setting: string) {
    this.entries = new Set(
      setting
        .split(',')
        .map((entry) => entry.trim().toLowerCase())
        .filter((entry) => entry !== ''),
    );
  }

  allows(url: URL): boolean {
    const host = url.hostname.toLowerCase();
    return this.entries.has(host) || this.entries.has(`${host}:${portOf(url)}`);
  }
}

/** The port a URL means. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/**
 * Parses an address that a caller, or a redirect, gave.
 * @param base for relative redirects
 * @throws MediaUrlRefusedError unless it is http or https, without credentials, on a port where web servers stand
 */
export function parseMediaUrl(text: string, allowed: AllowedHosts, base?: URL): URL {
  if (text.length > MAX_URL_LENGTH) {
    throw new MediaUrlRefusedError(`The URL must not be longer than ${MAX_URL_LENGTH} characters.`);
  }
  if (!URL.canParse(text, base?.href)) throw new MediaUrlRefusedError('The URL is not valid.');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new MediaUrlRefusedError('The URL must begin with http:// or https://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new MediaUrlRefusedError('The URL must not contain a user name or password.');
  }
  const port = portOf(url);
  if (port < FIRST_UNPRIVILEGED_PORT && !HTTP_PORTS.includes(port) && !allowed.allows(url)) {
    throw new MediaUrlRefusedError(`The URL must not use port ${port}.`);
  }
  return url;
}
