import { randomInt } from 'node:crypto';
import { readSettings } from '../../src/platform/config/settings.js';
import { Log } from '../../src/platform/logging/log.js';
import { InboxSignal } from '../../src/platform/queue/inbox-signal.js';
import { OutcomeChannel, parseOutcome, type Outcome } from '../../src/platform/queue/outcome-channel.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { baseEnvironment } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { redisReady } from '../support/redis-ready.js';

const prefix = `signals-${randomInt(1e9)}`;
/** One process' connections. */
function connect(redisUrl = baseEnvironment().REDIS_URL): { redis: RedisConnections; log: Log } {
  const settings = readSettings({
    ...baseEnvironment(),
    LOG_LEVEL: 'silent',
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
  });
  const log = new Log(settings);
  return { redis: new RedisConnections(settings, log), log };
}

describe('an outcome', () => {
  const outcome = { message_id: 7, status: 'sent', wamid: 'wamid.7', sent_at: null, error: null };

  it('reaches the channel that the message names, with the key of who waits', async () => {
    const [api, worker] = [connect(), connect()];
    await redisReady(worker.redis);
    const subscriber = api.redis.openSubscriber('test');
    const heard: (Outcome | null)[] = [];
    subscriber.on('message', (_channel: string, text: string) => heard.push(parseOutcome(text)));
    await subscriber.subscribe(`${prefix}:api-1`);
    new OutcomeChannel(worker.redis, worker.log).publish(`${prefix}:api-1 key-9`, outcome);
    await eventually('the outcome being heard', () => heard[0] ?? undefined);
    expect(heard).toEqual([{ key: 'key-9', ...outcome }]);
    for (const { redis } of [api, worker]) redis.onModuleDestroy();
  });

  it('is lost without harm while Redis is away', () => {
    const { redis, log } = connect('redis://127.0.0.1:1');
    expect(() => new OutcomeChannel(redis, log).publish('channel key', outcome)).not.toThrow();
    redis.onModuleDestroy();
  });
});

describe('a signal of the inbox', () => {
  it('wakes every listener of every process, until it stops listening', async () => {
    const [receiver, processor] = [connect(), connect()];
    await Promise.all([redisReady(receiver.redis), redisReady(processor.redis)]);
    const from = new InboxSignal(receiver.redis, receiver.log);
    const to = new InboxSignal(processor.redis, processor.log);
    to.onModuleInit();
    let [first, second] = [0, 0];
    const stop = to.listen(() => (first += 1));
    to.listen(() => (second += 1));
    await eventually('the listeners being woken', () => {
      from.publish();
      return first > 0 && second > 0 ? true : undefined;
    });
    stop();
    const [firstBefore, secondBefore] = [first, second];
    await eventually('the other listener being woken again', () => {
      from.publish();
      return second > secondBefore + 1 ? true : undefined;
    });
    expect(first).toBe(firstBefore);
    to.onModuleDestroy();
    for (const { redis } of [receiver, processor]) redis.onModuleDestroy();
  });

  it('is lost without harm while Redis is away', () => {
    const { redis, log } = connect('redis://127.0.0.1:1');
    expect(() => new InboxSignal(redis, log).publish()).not.toThrow();
    redis.onModuleDestroy();
  });
});
