/** Hosts (`host` or `host:port`, separated by commas) that the operator exempts from the rules on addresses and ports. */
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

/** Below the registered application ports only HTTP's own: others are mail, shells, name servers. */
const FIRST_UNPRIVILEGED_PORT = 1024;
const HTTP_PORTS = [80, 443];

/** Whether web servers stand on such a port. */
export const isWebPort = (port: number): boolean => port >= FIRST_UNPRIVILEGED_PORT || HTTP_PORTS.includes(port);
