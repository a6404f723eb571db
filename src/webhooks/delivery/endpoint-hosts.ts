import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { AllowedHosts } from '../../platform/public-hosts/allowed-hosts.js';
import { bareHost, HostAddresses, HostRefusedError } from '../../platform/public-hosts/host-addresses.js';
import { isLoopbackAddress, isPublicAddress } from '../../platform/public-hosts/public-address.js';

/**
 * Which hosts webhooks may be sent to: those of the public internet, those that WEBHOOK_URL_ALLOW names, and outside
 * production also this machine, where a developer's receiver listens.
 */
@Injectable()
export class EndpointHosts {
  private readonly allowed: AllowedHosts;
  private readonly loopback: boolean;

  constructor(
    settings: Settings,
    private readonly addresses: HostAddresses,
  ) {
    this.allowed = new AllowedHosts(settings.WEBHOOK_URL_ALLOW);
    this.loopback = settings.NODE_ENV !== 'production';
  }

  /** Whether the operator named this host. */
  isExempt(url: URL): boolean {
    return this.allowed.allows(url);
  }

  /** False for a host that is written as an address which may not be reached, in whatever notation. Names pass. */
  mayBeNamed(url: URL): boolean {
    const host = bareHost(url.hostname);
    return isIP(host) === 0 || this.isExempt(url) || this.mayReach(host);
  }

  /**
   * For the connection to this URL: looks its name up and hands out the addresses that were checked, so that there is
   * nothing between check and connect. Any address that may not be reached refuses them all. An address in place of a
   * name is never looked up: see {@link mayBeNamed}.
   */
  lookupFor(url: URL): LookupFunction {
    const mayReach = this.isExempt(url) ? () => true : (address: string) => this.mayReach(address);
    return (hostname, options, done) => {
      this.addresses.of({ hostname }, mayReach).then(
        (found) => {
          const [first] = found;
          if (options.all) done(null, found);
          else if (first) done(null, first.address, first.family);
          else done(new HostRefusedError('no address'), '');
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), ''),
      );
    };
  }

  private mayReach(address: string): boolean {
    return isPublicAddress(address) || (this.loopback && isLoopbackAddress(address));
  }
}
