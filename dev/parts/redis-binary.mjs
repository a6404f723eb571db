/** Where a Redis server comes from: the PATH, the system's package manager, or a build from source. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { privateFolder } from '../checkout.mjs';
import { LaunchError, say, sayWhileWaiting } from '../say.mjs';
import { canInstallSystemPackages, commandInPath, installSystemPackage, versionOf } from './system-packages.mjs';

/** BullMQ recommends 6.2 or newer; Valkey counts on from Redis 7.2. */
const OLDEST = [6, 2];

/** Builds Redis from its sources. Fetched only where nothing else is to be had, so it is no dependency of the project. */
const BUILDER = 'redis-memory-server@0.17.1';
const SOURCE_VERSION = '7.2.11';
const BUILD = join(import.meta.dirname, 'build-redis.mjs');

/** The path of a server program, installed or built if need be. */
export async function redisBinary(launcher) {
  const present = usableInPath();
  if (present !== undefined) return present;
  if (canInstallSystemPackages() && (await installSystemPackage(launcher, 'redis-server'))) {
    const installed = usableInPath();
    if (installed !== undefined) return installed;
  }
  return buildFromSource(launcher);
}

function usableInPath() {
  return ['redis-server', 'valkey-server']
    .map((name) => commandInPath(name))
    .find((path) => path !== undefined && isNewEnough(path));
}

function isNewEnough(path) {
  const version = versionOf(path);
  if (version !== undefined && (version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1])))
    return true;
  say(
    `${path} is ${version === undefined ? 'of an unknown version' : version.join('.')}: ${OLDEST.join('.')} or newer is needed`,
  );
  return false;
}

async function buildFromSource(launcher) {
  const folder = privateFolder('redis-builder');
  const binaries = join(folder, 'binaries');
  const built = join(binaries, SOURCE_VERSION, 'redis-server');
  if (existsSync(built)) return built;
  say(`No redis-server or valkey-server to be had ready-made: building Redis ${SOURCE_VERSION} from source`);
  const stop = sayWhileWaiting('still building Redis');
  try {
    const npm = [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
    if ((await launcher.run('npm install', 'npm', [...npm, BUILDER], quiet)) === 0) {
      const builder = createRequire(join(folder, 'package.json')).resolve('redis-memory-server');
      await launcher.run('redis build', process.execPath, [BUILD, builder, binaries, SOURCE_VERSION], {
        ...quiet,
        // Without this the builder does not check the certificate of the host that it gets the sources from.
        env: { ...process.env, npm_config_strict_ssl: 'true' },
      });
    }
  } finally {
    stop();
  }
  if (existsSync(built)) return built;
  throw new LaunchError(
    'Redis is needed, and none is to be had here. Do one of these:\n' +
      '  - install it: `apt-get install redis-server`, `dnf install valkey`, `apk add redis`, `brew install redis`;\n' +
      '  - or set REDIS_URL to one that runs (for instance `docker run -p 127.0.0.1:6379:6379 redis:7`).',
  );
}
