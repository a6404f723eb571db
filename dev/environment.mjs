/** The settings that a command starts from: the environment, then `.env`, then what development needs and nobody named. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { privateFolder, root } from './checkout.mjs';
import { LaunchError } from './say.mjs';

/** The environment, completed by `.env`. An empty variable counts as not set, as in the program itself. */
export function readEnvironment() {
  const file = join(root, '.env');
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...withoutEmpty(written), ...withoutEmpty(process.env) };
}

function withoutEmpty(variables) {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

/** Secrets of this checkout's development platform, made once: what they encrypted must be readable after a restart. */
export function developmentSecrets() {
  return once(join(privateFolder(), 'secrets.json'), () => ({
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    WHATSAPP_APP_SECRET: randomBytes(16).toString('hex'),
    WHATSAPP_VERIFY_TOKEN: randomBytes(16).toString('hex'),
  }));
}

function once(path, make) {
  if (!existsSync(path)) writeJson(path, make());
  return readJson(path);
}

/** Undefined when the file is not there. */
export function readJson(path) {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new LaunchError(`${path} is not readable as JSON (${error.message}). Remove it to begin anew.`);
  }
}

/** Readable by nobody else, and never seen half written. */
export function writeJson(path, value) {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
