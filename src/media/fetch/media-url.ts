import { type AllowedHosts, isWebPort, portOf } from '../../platform/public-hosts/allowed-hosts.js';
import { MediaUrlRefusedError } from './media-url-refused.js';

/** Longer ones are refused by many servers, and no real address needs more. */
const MAX_URL_LENGTH = 2048;
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
  if (!isWebPort(port) && !allowed.allows(url)) {
    throw new MediaUrlRefusedError(`The URL must not use port ${port}.`);
  }
  return url;
}
