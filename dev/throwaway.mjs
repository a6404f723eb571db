/** A Postgres and a Redis for one run of tests or of the bench, gone afterwards with everything in them. */
import { join } from 'node:path';
import { embeddedFolder, privateFolder } from './checkout.mjs';
import { alone } from './claims.mjs';
import { startPostgres } from './parts/postgres.mjs';
import { startRedis } from './parts/redis.mjs';
import { endLeftovers } from './run-record.mjs';
import { say } from './say.mjs';

/** Above the ports of the development platform, which may run at the same time. */
const POSTGRES_PORT = 15532;
const REDIS_PORT = 16479;

/** `settings`: of Postgres, beside the usual ones. Answers what `startPostgres` and `startRedis` answer. */
export async function startThrowawayParts(launcher, { kind, settings = {} }) {
  await alone('starting', endLeftovers);
  launcher.record.update({ kind });
  const name = `${kind}-${process.pid}`;
  const database = join(embeddedFolder(), name);
  const files = privateFolder(name);
  launcher.record.addScratch(database);
  launcher.record.addScratch(files);
  const [postgres, redis] = await Promise.all([
    startPostgres(launcher, {
      folder: database,
      log: join(files, 'postgres.log'),
      settings,
      defaultPort: POSTGRES_PORT,
    }),
    startRedis(launcher, {
      folder: join(files, 'redis'),
      log: join(files, 'redis.log'),
      password: false,
      defaultPort: REDIS_PORT,
    }),
  ]);
  say(`Postgres on 127.0.0.1:${postgres.port} and Redis on 127.0.0.1:${redis.port}, for this run only`);
  return { postgres, redis };
}
