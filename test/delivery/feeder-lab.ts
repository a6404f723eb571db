import { randomInt } from 'node:crypto';
import { WokenMessages } from '../../src/delivery/lanes/woken-messages.js';
import { Feeder } from '../../src/delivery/recovery/feeder.js';
import { GiveBack } from '../../src/delivery/recovery/give-back.js';
import { SentPairs } from '../../src/delivery/slots/sent-pairs.js';
import { InFlight } from '../../src/delivery/work/in-flight.js';
import { NumberBreakers } from '../../src/delivery/work/number-breakers.js';
import { Pace } from '../../src/delivery/work/pace.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { type DeliveryJob, DeliveryQueue } from '../../src/platform/queue/delivery-queue.js';
import { DeliveryRelease } from '../../src/platform/queue/delivery-release.js';
import { RateSlots } from '../../src/platform/queue/rate-slots.js';
import { RedisConnections } from '../../src/platform/redis/redis-connections.js';
import { closeProducer } from '../support/close-producer.js';
import { redisReady } from '../support/redis-ready.js';
import { Outbox, type Sender } from './outbox.js';

/** A feeder as a worker has it, with nobody who works on what it releases. */
function feederOf(outbox: Outbox) {
  const { settings } = outbox;
  const log = new Log(settings);
  const redis = new RedisConnections(settings, log);
  const slots = new RateSlots(redis, new SentPairs(outbox.postgres), settings);
  const queue = new DeliveryQueue(settings, redis, log);
  const metrics = new Metrics();
  const release = new DeliveryRelease(slots, queue, metrics, log, settings);
  const pace = new Pace();
  const inFlight = new InFlight(settings);
  const breakers = new NumberBreakers(slots, metrics, log);
  const giveBack = new GiveBack(outbox.postgres);
  const woken = new WokenMessages(release, giveBack, log);
  const jobs: DeliveryJob[] = [];
  const runner = { run: (job: DeliveryJob) => Promise.resolve(void jobs.push(job)) };
  const feeder = new Feeder(
    outbox.postgres,
    release,
    runner,
    slots,
    giveBack,
    woken,
    pace,
    inFlight,
    breakers,
    settings,
    log,
  );
  return {
    feeder,
    jobs,
    pace,
    inFlight,
    breakers,
    slots,
    queue,
    ready: () => redisReady(redis, queue),
    close: () => closeProducer({ release, queue, redis }),
  };
}

/** One test's feeder, with its outbox. */
export interface FeederLab extends ReturnType<typeof feederOf> {
  outbox: Outbox;
  /** Messages of a number that were released and not given back. */
  released(sender: Sender): Promise<number>;
}

/** Starts a feeder over an outbox of its own; to be closed by the test. */
export async function startFeeder(env: NodeJS.ProcessEnv = {}): Promise<FeederLab> {
  const outbox = await Outbox.create({ REDIS_PREFIX: `feeder-${randomInt(1e9)}`, LOG_LEVEL: 'silent', ...env });
  const feeder = feederOf(outbox);
  return {
    ...feeder,
    outbox,
    released: async ({ numberId }) => {
      const { rows } = await outbox.postgres.pool.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM messages WHERE number_id = $1 AND generation > 1 AND next_at > now()',
        [numberId],
      );
      return rows[0]?.n ?? NaN;
    },
    close: async () => {
      await feeder.close();
      await outbox.close();
    },
  };
}
