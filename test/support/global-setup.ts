import { Installation } from './installation.js';

declare global {
  var sharedInstallation: Installation | undefined;
}

/**
 * Before all end-to-end tests: one installation that they share, each with a tenant of its own. Tests that kill
 * processes start an installation of their own. `npm test` has started Postgres and Redis and names them in
 * TEST_DATABASE_URL (an administrator's URL) and TEST_REDIS_URL.
 */
export default async function globalSetup(): Promise<void> {
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
