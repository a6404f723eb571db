import ipaddr from 'ipaddr.js';

/** All that IANA has given out as global unicast so far (RFC 4291, 2.4). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an IP address is one of the public internet: not private, loopback, link-local, shared (CGNAT), multicast,
 * reserved, documentation, a tunnel or a translation to IPv4 (NAT64, 6to4, Teredo), by IANA's special-purpose
 * registries (RFC 6890). An IPv4 address written as IPv6 counts as what it stands for.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

/** Whether an IP address is this machine's own (127.0.0.0/8, ::1), however it is written. */
export const isLoopbackAddress = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
