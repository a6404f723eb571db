/** `npm run bench`: the bench, with a Postgres that writes as durably as a real one, and a Redis, both thrown away. */
import { join } from 'node:path';
import { prepare } from './build.mjs';
import { root } from './checkout.mjs';
import { launch } from './launcher.mjs';
import { startThrowawayParts } from './throwaway.mjs';

await launch(async (launcher) => {
  await prepare(launcher);
  const { postgres, redis } = await startThrowawayParts(launcher, { kind: 'bench' });
  return launcher.run(
    'the bench',
    process.execPath,
    ['--enable-source-maps', join(root, 'dist/bench/main.js'), ...process.argv.slice(2)],
    {
      env: { ...process.env, BENCH_DATABASE_URL: postgres.adminUrl, BENCH_REDIS_URL: redis.url },
    },
  );
});
