import { redisEnvironment } from './redis-environment.js';

/** Secrets of the test installation; nothing else uses them. */
export const TEST_SECRETS = {
  ENCRYPTION_KEY: 'dGVzdC1vbmx5LWtleS10ZXN0LW9ubHkta2V5LTAwMDA=',
  WHATSAPP_VERIFY_TOKEN: 'test-verify-token',
};

/** What every process of a test gets: no setting of the machine that runs the tests, and test secrets. */
export function baseEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    PATH,
    HOME,
    TMPDIR,
    NODE_ENV: 'test',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'warn',
    DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    ...redisEnvironment(process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:1'),
    WHATSAPP_API_BASE_URL: 'http://127.0.0.1:1',
    WHATSAPP_APP_SECRET: 'unused-app-secret',
    PUBLIC_URL: 'http://127.0.0.1:1',
    ...TEST_SECRETS,
  };
}
