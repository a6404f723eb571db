/** The embedded Redis: started on loopback, with a password, an append-only file, and no eviction (BullMQ wants that). */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RANK, tailOf } from '../launcher.mjs';
import { LaunchError, say } from '../say.mjs';
import { takePort } from './ports.mjs';
import { redisBinary } from './redis-binary.mjs';

const DEFAULT_PORT = 16379;

/**
 * Starts Redis with its files in `folder`. Answers `{url, binary, port}`.
 * `password: false` is for tests, which put proxies before it and restart it themselves.
 */
export async function startRedis(
  launcher,
  { folder, log, password: wanted = true, port: explicitPort, defaultPort = DEFAULT_PORT },
) {
  const binary = await redisBinary(launcher);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const password = wanted ? passwordIn(folder) : undefined;
  const port = await takePort('the embedded Redis', defaultPort, explicitPort);
  const config = join(folder, 'redis.conf');
  writeFileSync(config, configuration({ folder, port, password }), { mode: 0o600 });
  try {
    await start(launcher, { binary, config, log, port, password });
  } catch (error) {
    if (!setAsideBrokenFile(folder, log)) throw error;
    await start(launcher, { binary, config, log, port, password });
  }
  return { url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`, binary, port };
}

function configuration({ folder, port, password }) {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    'daemonize no',
    `dir "${folder.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    ...(password === undefined ? [] : [`requirepass ${password}`]),
    '',
  ].join('\n');
}

/** Kept, so that what runs against an earlier start finds the same one. */
function passwordIn(folder) {
  const path = join(folder, 'password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
}

async function start(launcher, { binary, config, log, port, password }) {
  const part = launcher.start('Redis', binary, [config], { log, rank: RANK.redis, watched: false });
  const deadline = performance.now() + 30_000;
  while (!(await answersPing(port, password))) {
    if (part.ended) throw new LaunchError(`Redis did not start.${tailOf(log)}`);
    if (performance.now() > deadline) throw new LaunchError(`Redis did not get ready within 30 s.${tailOf(log)}`);
    await delay(20);
  }
  launcher.watch(part);
}

/** In plain words of its protocol: no client library is needed for it. While it still loads it answers -LOADING. */
function answersPing(port, password) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('connect', () => socket.write(`${password === undefined ? '' : `AUTH ${password}\r\n`}PING\r\n`));
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
      if (/\+PONG|-LOADING|-NOAUTH|-WRONGPASS/.test(answer)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer.includes('+PONG')));
  });
}

/**
 * A machine that lost power may leave an append-only file that Redis refuses. Redis is only a schedule of seconds here
 * (Postgres has the truth), so it starts empty, and the file is kept beside it.
 */
function setAsideBrokenFile(folder, log) {
  const files = join(folder, 'appendonlydir');
  if (
    !existsSync(files) ||
    !/Bad file format reading the append only file|Unrecoverable error reading/.test(tailOf(log))
  )
    return false;
  say('The append-only file of the embedded Redis is broken: it is set aside, and Redis starts empty');
  renameSync(files, `${files}.broken-${Date.now()}`);
  return true;
}
