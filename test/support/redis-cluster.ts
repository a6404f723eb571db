import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort, isFree } from './processes.js';
import { RedisProcess } from './redis-process.js';

const MASTERS = 3;
const SLOTS = 16_384;
/** Nodes talk to each other on their port and this. */
const BUS = 10_000;

const ARGS = [
  ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'],
  // A node that is down takes only its own slots away.
  ...['--cluster-require-full-coverage', 'no'],
];

/** A Redis Cluster of three masters without replicas, each of which a test can kill and start again, empty. */
export class RedisCluster {
  private constructor(private readonly nodes: RedisProcess[]) {}

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: MASTERS }, async () => RedisProcess.start({ port: await portWithBus(), args: ARGS })),
    );
    const cluster = new RedisCluster(nodes);
    const [first] = nodes;
    for (const [index, node] of nodes.entries()) {
      await asking(node, async (client) => {
        const [from, to] = [index, index + 1].map((bound) => Math.ceil((bound * SLOTS) / MASTERS));
        await client.cluster('ADDSLOTS', ...Array.from({ length: (to ?? 0) - (from ?? 0) }, (_, n) => (from ?? 0) + n));
        // Equal epochs are sorted out by the nodes themselves, but not at once.
        await client.cluster('SET-CONFIG-EPOCH', index + 1);
        if (first && node !== first) await client.cluster('MEET', '127.0.0.1', first.port);
      });
    }
    await Promise.all(nodes.map((node) => knowsAll(node)));
    return cluster;
  }

  /** REDIS_URL of it: every node. */
  get url(): string {
    return this.nodes.map(({ url }) => url).join(',');
  }

  /** The node that has the key. */
  async nodeOf(key: string): Promise<RedisProcess> {
    const [first] = this.nodes;
    if (!first) throw new Error('the cluster has no nodes');
    const slot = await asking(first, (client) => client.cluster('KEYSLOT', key));
    const node = this.nodes[Math.floor((slot * MASTERS) / SLOTS)];
    if (!node) throw new Error(`no node has slot ${slot}`);
    return node;
  }

  /** Starts a node again after a crash: empty, with the slots that it had. Resolves when it takes commands. */
  async restart(node: RedisProcess): Promise<void> {
    await node.start();
    await knowsAll(node);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

async function portWithBus(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + BUS <= 65_535 && (await isFree(port + BUS))) return port;
  }
}

async function asking<T>(node: RedisProcess, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(node.url, { maxRetriesPerRequest: 0 });
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** Waits until the node takes commands and sees every other one. */
async function knowsAll(node: RedisProcess): Promise<void> {
  await asking(node, (client) =>
    eventually(`${node.url} joining the cluster`, async () => {
      const info = String(await client.cluster('INFO'));
      const whole = [/cluster_state:ok/, /cluster_slots_ok:16384/, new RegExp(`cluster_size:${MASTERS}`)];
      return whole.every((sign) => sign.test(info)) ? true : undefined;
    }),
  );
}
