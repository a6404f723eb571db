import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { redisAddresses } from '../config/redis-addresses.js';
import type { Settings } from '../config/settings.js';

/** One Redis, or a Cluster of them. Commands with a key go to the node that has it. */
export type RedisClient = Redis | Cluster;

/**
 * fast: for commands that somebody waits for; they fail at once while the node is not connected, and after
 * COMMAND_TIMEOUT_MS when it hangs. patient: waits for Redis as long as it takes.
 */
export type Patience = 'fast' | 'patient';

const COMMAND_TIMEOUT_MS = 1000;
const CONNECT_TIMEOUT_MS = 2000;
/** A node that hangs says nothing about who has taken over its slots: asked for this often. */
const SLOTS_REFRESH_MS = 5000;
/** A command follows a slot that has moved, even twice, and gives up where nodes send it round in circles. */
const FAST_REDIRECTIONS = 4;

/** Comes back quickly after a restart; the jitter keeps processes apart. */
const retryDelay = (tries: number): number => Math.min(100 * 2 ** Math.min(tries, 4), 1000) + Math.random() * 100;

/** Opens what REDIS_URL and REDIS_CLUSTER say. */
export function openRedis(settings: Settings, connectionName: string, patience: Patience): RedisClient {
  return settings.REDIS_CLUSTER
    ? openCluster(settings.REDIS_URL, connectionName, patience)
    : openSingle(settings.REDIS_URL, connectionName, patience);
}

function openSingle(url: string, connectionName: string, patience: Patience): Redis {
  return new Redis(url, {
    ...timesOf(patience),
    connectionName,
    enableOfflineQueue: patience === 'patient',
    enableAutoPipelining: patience === 'fast',
    retryStrategy: retryDelay,
  });
}

/**
 * No automatic pipelines here: ioredis follows a moved slot only with a pipeline as a whole, and one that holds
 * commands of several slots would hand `MOVED` to the callers.
 */
function openCluster(urls: string, connectionName: string, patience: Patience): Cluster {
  const addresses = redisAddresses(urls);
  const [{ username, password, tls } = { username: undefined, password: undefined, tls: false }] = addresses;
  const cluster = new Cluster(
    addresses.map(({ host, port }) => ({ host, port })),
    {
      enableOfflineQueue: patience === 'patient',
      ...(patience === 'fast'
        ? { maxRedirections: FAST_REDIRECTIONS, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 }
        : {}),
      clusterRetryStrategy: retryDelay,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      // A name stays a name: certificates are made out to it.
      dnsLookup: (name, found) => found(null, name),
      redisOptions: {
        ...timesOf(patience),
        connectionName,
        username,
        password,
        ...(tls ? { tls: {} } : {}),
      },
    },
  );
  // By itself ioredis connects to a node when it has a command for it, and refuses the others until that is done.
  cluster.on('+node', (node: Redis) => {
    node.connect().catch(() => undefined); // Reported by the node's own event.
  });
  // The interval of ioredis goes on for ever when a refresh was under way as the client was closed.
  const refresh = setInterval(() => {
    if (cluster.status === 'ready') cluster.refreshSlotsCache();
  }, SLOTS_REFRESH_MS);
  refresh.unref();
  cluster.once('end', () => clearInterval(refresh));
  return cluster;
}

function timesOf(patience: Patience): RedisOptions {
  return patience === 'fast'
    ? { connectTimeout: CONNECT_TIMEOUT_MS, commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 0 }
    : { connectTimeout: CONNECT_TIMEOUT_MS, maxRetriesPerRequest: null };
}
