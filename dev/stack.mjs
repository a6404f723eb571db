/** The whole development platform of this checkout: parts, migrations, the program, the demo tenant. */
import { join } from 'node:path';
import { embeddedFolder, privateFolder, stateFolder } from './checkout.mjs';
import { alone } from './claims.mjs';
import { developmentSecrets, readJson, writeJson } from './environment.mjs';
import { migrate, provision, startPlatform } from './parts/platform.mjs';
import { takePort } from './parts/ports.mjs';
import { startPostgres } from './parts/postgres.mjs';
import { startRedis } from './parts/redis.mjs';
import { startSandbox } from './parts/sandbox.mjs';
import { endLeftovers, runningRecords } from './run-record.mjs';
import { LaunchError, say } from './say.mjs';

export const DEVELOPMENT = 'development';
const connectionFile = join(stateFolder, 'connection.json');

export function logFile(name) {
  return join(privateFolder('logs'), `${name}.log`);
}

/** Addresses that another command of this checkout has ready now, of the parts that it started. */
export function runningEndpoints() {
  return Object.assign({}, ...runningRecords(DEVELOPMENT).map((record) => record.endpoints));
}

/**
 * Starts what is not named by settings and does not run already for another command of this checkout.
 * Answers the environment for the platform's processes: `env`, completed.
 */
async function startParts(launcher, env, { sandbox }) {
  await endLeftovers();
  launcher.record.update({ kind: DEVELOPMENT });
  const present = runningEndpoints();
  const [databaseUrl, redisUrl, sandboxUrl] = await Promise.all([
    env.DATABASE_URL ?? present.database_url ?? embedPostgres(launcher, env),
    env.REDIS_URL ?? present.redis_url ?? embedRedis(launcher, env),
    env.WHATSAPP_API_BASE_URL ?? present.sandbox_url ?? (sandbox ? embedSandbox(launcher, env) : undefined),
  ]);
  const embeddedSandbox = env.WHATSAPP_API_BASE_URL === undefined && sandboxUrl !== undefined;
  return {
    NODE_ENV: 'development',
    MEDIA_DIR: join(stateFolder, 'media'),
    ...developmentSecrets(),
    ...(embeddedSandbox ? { WHATSAPP_APP_SECRET: await appSecretOf(sandboxUrl) } : {}),
    ...env,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    WHATSAPP_API_BASE_URL: sandboxUrl ?? 'http://127.0.0.1:4010',
  };
}

/**
 * Does the work with a database and a Redis: those that are named, those of this checkout that run, or ones that are
 * there for the time of the work (until its end no other command of the checkout starts, which would lose them then).
 */
export async function withParts(launcher, env, work) {
  const present = runningEndpoints();
  const allThere = (env.DATABASE_URL ?? present.database_url) && (env.REDIS_URL ?? present.redis_url);
  const run = async () => {
    const complete = await startParts(launcher, env, { sandbox: false });
    return work({ PUBLIC_URL: present.api_url ?? `http://127.0.0.1:${env.PORT ?? 3000}`, ...complete });
  };
  return allThere ? run() : alone('starting', run);
}

async function embedPostgres(launcher, env) {
  const port = { name: 'EMBEDDED_POSTGRES_PORT', value: env.EMBEDDED_POSTGRES_PORT };
  const { url, port: taken } = await startPostgres(launcher, {
    folder: embeddedFolder(),
    log: logFile('postgres'),
    port,
  });
  say(`Postgres on 127.0.0.1:${taken}`);
  launcher.record.update({ endpoints: { database_url: url } });
  return url;
}

async function embedRedis(launcher, env) {
  const port = { name: 'EMBEDDED_REDIS_PORT', value: env.EMBEDDED_REDIS_PORT };
  const { url, port: taken } = await startRedis(launcher, {
    folder: privateFolder('redis'),
    log: logFile('redis'),
    port,
  });
  say(`Redis on 127.0.0.1:${taken}`);
  launcher.record.update({ endpoints: { redis_url: url } });
  return url;
}

async function embedSandbox(launcher, env) {
  const { url } = await startSandbox(launcher, { env, log: logFile('sandbox') });
  say(`Sandbox on ${url}`);
  launcher.record.update({ endpoints: { sandbox_url: url } });
  return url;
}

/** The sandbox signs webhooks with the secret of its own demo app. */
async function appSecretOf(sandboxUrl) {
  const defaults = await (await fetch(`${sandboxUrl}/control/defaults`)).json();
  return defaults.app_secret;
}

/** Two launchers of one checkout may share the parts, as api and worker; the same role twice is a mistake. */
export function refuseSecondRun(role) {
  const other = runningRecords(DEVELOPMENT).find(
    (record) => record.role && (record.role === role || record.role === 'all' || role === 'all'),
  );
  if (other === undefined) return;
  const where = other.endpoints.api_url ? ` at ${other.endpoints.api_url}` : '';
  throw new LaunchError(
    `This checkout's platform (role ${other.role}) runs already${where}, started by process ${other.launcher.pid}. Stop that first.`,
  );
}

/**
 * Starts everything for one role. Answers the connection: addresses and, where there is an API, the demo tenant with its
 * token, also written to `.rasl/connection.json`. `log`: a file for the program's log instead of the terminal.
 */
export async function startStack(launcher, env, { role, log }) {
  refuseSecondRun(role);
  launcher.record.update({ kind: DEVELOPMENT, role });
  const endpoints = await addresses(env, role);
  const parts = await alone('starting', () => startParts(launcher, env, { sandbox: true }));
  const platformEnv = { ...parts, ...endpoints, ROLE: role };
  await migrate(launcher, { env: platformEnv, log: logFile('migrate') });
  say(`Starting the platform (role ${role})`);
  const urls = await startPlatform(launcher, { env: platformEnv, log });
  launcher.record.update({ endpoints: urls });
  const connection = { ...urls, sandbox_url: parts.WHATSAPP_API_BASE_URL };
  if (role === 'worker') return { connection, env: platformEnv };
  return { connection: await connect(launcher, connection, platformEnv), env: platformEnv };
}

/** Ports are chosen here, and not by the program, because the public address has to be known before it starts. */
async function addresses(env, role) {
  const operatorPort = await takePort('the operator port', 3001, { name: 'OPERATOR_PORT', value: env.OPERATOR_PORT });
  if (role === 'worker') {
    const api = runningEndpoints().api_url ?? `http://127.0.0.1:${env.PORT ?? 3000}`;
    return { OPERATOR_PORT: String(operatorPort), PUBLIC_URL: env.PUBLIC_URL ?? api };
  }
  const port = await takePort('the API', 3000, { name: 'PORT', value: env.PORT });
  return {
    PORT: String(port),
    OPERATOR_PORT: String(operatorPort),
    PUBLIC_URL: env.PUBLIC_URL ?? `http://127.0.0.1:${port}`,
  };
}

async function connect(launcher, urls, env) {
  const before = readJson(connectionFile);
  const usable = before?.token !== undefined && (await isAccepted(urls.api_url, before.token));
  say(usable ? 'Connecting the demo tenant' : 'Making the demo tenant and its token');
  const made = await provision(launcher, { env, newToken: !usable });
  const connection = {
    ...urls,
    token: usable ? before.token : made.token,
    tenant_id: made.tenant_id,
    phone_number_id: made.phone_number_id,
  };
  writeJson(connectionFile, connection);
  return connection;
}

/** A token of another database, a revoked one, or one that was never there is refused with 401 before anything else. */
async function isAccepted(apiUrl, token) {
  const answer = await fetch(`${apiUrl}/api/v2/messages/0`, { headers: { Authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status !== 401;
}
