/**
 * Before all end-to-end tests. `npm test` has started Postgres and Redis and names them in TEST_DATABASE_URL (an
 * administrator's URL) and TEST_REDIS_URL.
 */
export default async function globalSetup(): Promise<void> {
  for (const name of ['TEST_DATABASE_URL', 'TEST_REDIS_URL']) {
    if (!process.env[name]) throw new Error(`${name} is not set: run the end-to-end tests by "npm test"`);
  }
}
