/** Where one node of Redis is, and how it is spoken to. */
export interface RedisAddress {
  host: string;
  port: number;
  username?: string;
  password?: string;
  tls: boolean;
}

const DEFAULT_PORT = 6379;

/** The URLs of a REDIS_URL. A comma may be part of a password, so only one before another URL separates. */
const urlsOf = (text: string): string[] => text.split(/,(?=rediss?:\/\/)/);

/**
 * The nodes that REDIS_URL names.
 * @throws TypeError when one is no URL
 */
export function redisAddresses(text: string): RedisAddress[] {
  return urlsOf(text).map((address) => {
    const { protocol, hostname, port, username, password } = new URL(address);
    return {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? DEFAULT_PORT : Number(port),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      tls: protocol === 'rediss:',
    };
  });
}

/** Not `redis://a,b`: the host would have a comma in its name. */
const isNode = (url: string): boolean =>
  /^rediss?:\/\/[^/?#]+\/?$/.test(url) && URL.canParse(url) && !new URL(url).hostname.includes(',');

/** What is wrong with the two settings together, for the operator. */
export function faultsOfRedis({ REDIS_URL, REDIS_CLUSTER }: { REDIS_URL: string; REDIS_CLUSTER: boolean }): string[] {
  const urls = urlsOf(REDIS_URL);
  if (!REDIS_CLUSTER) {
    return urls.length > 1 ? ['REDIS_URL names several nodes: that needs REDIS_CLUSTER=true'] : [];
  }
  if (!urls.every(isNode)) {
    return ['REDIS_URL of a Cluster must be URLs without a database number or options, separated by commas'];
  }
  const ways = redisAddresses(REDIS_URL).map(({ username, password, tls }) =>
    JSON.stringify([username, password, tls]),
  );
  return new Set(ways).size > 1
    ? ['REDIS_URL of a Cluster must have the same scheme, user and password for every node']
    : [];
}
