import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { isPublicAddress } from './public-address.js';

/** Why a host cannot be reached, as a sentence for the caller. It names no address of our network. */
export class HostRefusedError extends Error {}

/** One address of a host. */
export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** Looks host names up. */
@Injectable()
export class HostAddresses {
  /**
   * Every address of a URL's host. Looked up once per connection, which is made to these very addresses, so a name
   * server that answers something else the second time (DNS rebinding) changes nothing.
   * @param mayReach which addresses are let through
   * @throws HostRefusedError when there is none, or any of them is not let through
   */
  async of(
    { hostname }: Pick<URL, 'hostname'>,
    mayReach: (address: string) => boolean = isPublicAddress,
  ): Promise<HostAddress[]> {
    const host = bareHost(hostname);
    const family = isIP(host);
    const found = family === 4 || family === 6 ? [{ address: host, family } as const] : await this.resolved(host);
    if (found.length === 0) throw notFound();
    if (!found.every(({ address }) => mayReach(address))) {
      throw new HostRefusedError("The URL's host has an address that is not public.");
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

/** A host name as the system takes it: an IPv6 address stands in brackets in a URL. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

function notFound(cause?: unknown): HostRefusedError {
  return new HostRefusedError("The URL's host could not be found.", { cause });
}
