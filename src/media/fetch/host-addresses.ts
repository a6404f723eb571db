import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { MediaUrlRefusedError } from './media-url-refused.js';
import { isPublicAddress } from './public-address.js';

/** One address of a host. */
export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** Looks host names up. */
@Injectable()
export class HostAddresses {
  /**
   * Every address of a URL's host. Looked up once per request: the connection is made to these very addresses, so a
   * name server that answers something else the second time (DNS rebinding) changes nothing.
   * @param anyAddress the host is exempt from the rule that addresses must be public
   * @throws MediaUrlRefusedError when there is none, or any of them is not public
   */
  async of(url: URL, anyAddress: boolean): Promise<HostAddress[]> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const family = isIP(host);
    const found = family === 4 || family === 6 ? [{ address: host, family } as const] : await this.resolved(host);
    if (found.length === 0) throw notFound();
    if (!anyAddress && !found.every(({ address }) => isPublicAddress(address))) {
      throw new MediaUrlRefusedError("The URL's host has an address that is not public.");
    }
    return found;
  }

  /** All addresses that the system knows for a name; a test puts its own in this place. */
  protected async lookup(host: string): Promise<{ address: string; family: number }[]> {
    return lookup(host, { all: true });
  }

  private async resolved(host: string): Promise<HostAddress[]> {
    let found: { address: string; family: number }[];
    try {
      found = await this.lookup(host);
    } catch (error) {
      throw notFound(error);
    }
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  }
}

function notFound(cause?: unknown): MediaUrlRefusedError {
  return new MediaUrlRefusedError("The URL's host could not be found.", { cause });
}
