import { Installation } from './installation.js';
import { RedisCluster } from './redis-cluster.js';

declare global {
  var sharedInstallation: Installation | undefined;
  var sharedRedisCluster: RedisCluster | undefined;
}

/**
 * Before all end-to-end tests: one installation that they share, each with a tenant of its own. Tests that kill
 * processes start an installation of their own. `npm test` has started Postgres and Redis and names them in
 * TEST_DATABASE_URL (an administrator's URL) and TEST_REDIS_URL. With RASL_TEST_REDIS=cluster everything that is shared
 * runs on a Redis Cluster of three masters instead.
 */
export default async function globalSetup(): Promise<void> {
  const { RASL_TEST_REDIS = 'single' } = process.env;
  if (RASL_TEST_REDIS === 'cluster') {
    globalThis.sharedRedisCluster = await RedisCluster.start();
    process.env.TEST_REDIS_URL = globalThis.sharedRedisCluster.url;
  } else if (RASL_TEST_REDIS !== 'single') {
    throw new Error(`RASL_TEST_REDIS is single or cluster, not ${RASL_TEST_REDIS}`);
  }
  const { TEST_REDIS_URL } = process.env;
  if (!TEST_REDIS_URL) throw new Error('TEST_REDIS_URL is not set: run the end-to-end tests by "npm test"');
  const installation = await Installation.start({ redisUrl: TEST_REDIS_URL });
  globalThis.sharedInstallation = installation;
  process.env.E2E_API_URL = installation.api.apiUrl;
  process.env.E2E_OPERATOR_URL = installation.api.operatorUrl;
  process.env.E2E_WORKER_OPERATOR_URL = installation.workers[0]?.operatorUrl;
  process.env.E2E_SANDBOX_URL = installation.sandbox.url;
  process.env.E2E_DATABASE_URL = installation.database.url;
  process.env.E2E_REDIS_PREFIX = installation.redis.prefix;
  process.env.E2E_MEDIA_DIR = installation.mediaDir;
}
