/** Runs jest with a database and a Redis of its own, and ends with a line that counts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './checkout.mjs';
import { startThrowawayParts } from './throwaway.mjs';
import { THROWAWAY } from './parts/postgres.mjs';
import { say } from './say.mjs';

/** Tests open many connections: every one of their processes has a pool of its own. */
const SETTINGS = { ...THROWAWAY, max_connections: '400' };

/**
 * Runs the projects of jest.config.mjs with further arguments for jest, and answers jest's status. Tests find in their
 * environment: TEST_DATABASE_URL (of a superuser, who may create databases), TEST_REDIS_URL; and to start servers of
 * their own, TEST_POSTGRES_BIN (folder), TEST_POSTGRES_UID and _GID (as root only: the account to run it with),
 * TEST_REDIS_SERVER (program).
 */
export async function runJest(launcher, { projects, args, env = {} }) {
  const { postgres, redis } = await startThrowawayParts(launcher, { kind: 'test', settings: SETTINGS });
  const { uid, gid } = postgres.account;
  const results = join(launcher.record.scratch.at(-1), 'results.json');
  const selected = args.includes('--selectProjects') ? [] : ['--selectProjects', ...projects];
  const jest = [join(root, 'node_modules/jest/bin/jest.js'), ...args, '--json', `--outputFile=${results}`, ...selected];
  say(`Testing: ${projects.join(', ')}`);
  const status = await launcher.run('jest', process.execPath, jest, {
    env: {
      ...process.env,
      NODE_ENV: 'test',
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules`.trim(),
      TEST_DATABASE_URL: postgres.adminUrl,
      TEST_REDIS_URL: redis.url,
      TEST_POSTGRES_BIN: postgres.binaries,
      ...(uid === undefined ? {} : { TEST_POSTGRES_UID: String(uid), TEST_POSTGRES_GID: String(gid) }),
      TEST_REDIS_SERVER: redis.binary,
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    how: 'SIGINT',
  });
  return {
    status,
    closingLine: existsSync(results) ? closingLine(JSON.parse(readFileSync(results, 'utf8'))) : undefined,
  };
}

/** A file that could not be run at all counts as one failed test. */
export function closingLine({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests,
  numRuntimeErrorTestSuites,
}) {
  return `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed, ${numPendingTests + numTodoTests} skipped`;
}
