/** As whom, and from where, the embedded Postgres runs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot, ownedFolder } from '../checkout.mjs';
import { postgresPackage } from '../install.mjs';
import { LaunchError, say } from '../say.mjs';

/**
 * The account to start Postgres with, as options for `spawn`. Postgres refuses to run as root: then it is the user
 * `postgres`, made when there is none. Anybody else runs it as themselves.
 */
export function postgresAccount() {
  if (!isRoot) return {};
  return accountNamed('postgres') ?? createAccount('postgres');
}

function accountNamed(name) {
  const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
  return uid.status === 0 && gid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined;
}

function createAccount(name) {
  say(`Making the user ${name}: Postgres does not run as root`);
  try {
    if (spawnSync('getent', ['group', name]).status !== 0)
      execFileSync('groupadd', ['--system', name], { stdio: 'pipe' });
    const nowhere = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
    execFileSync('useradd', ['--system', '--gid', name, ...nowhere, name], { stdio: 'pipe' });
  } catch (error) {
    throw new LaunchError(
      `The user ${name} could not be made (${error.message}). Run as another user than root, or set DATABASE_URL.`,
    );
  }
  return accountNamed(name);
}

/**
 * The folder with `initdb` and `postgres`, reachable for the account: the package's own, or a copy in /var/tmp when the
 * account may not enter the checkout.
 */
export function postgresBinaries(account) {
  const native = join(postgresPackage(), 'native');
  if (!existsSync(join(native, 'bin', 'postgres'))) {
    throw new LaunchError(
      `There is no embedded Postgres for ${process.platform}-${process.arch}: set DATABASE_URL to one of yours.`,
    );
  }
  if (runs(native, account)) return join(native, 'bin');
  const { version } = JSON.parse(readFileSync(join(postgresPackage(), 'package.json'), 'utf8'));
  const copy = ownedFolder(join('/var/tmp', `rasl-postgres-${version}-${process.arch}`), 0o755);
  if (!existsSync(join(copy, 'native'))) {
    const unfinished = join(copy, `native.${process.pid}`);
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', unfinished]);
    try {
      renameSync(unfinished, join(copy, 'native'));
    } catch (error) {
      rmSync(unfinished, { recursive: true });
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
  }
  if (!runs(join(copy, 'native'), account)) {
    throw new LaunchError(
      `The embedded Postgres does not run here:\n${tryToRun(join(copy, 'native'), account)}\nSet DATABASE_URL to one of yours.`,
    );
  }
  return join(copy, 'native', 'bin');
}

function runs(native, account) {
  return tryToRun(native, account) === undefined;
}

/** What goes wrong when the account starts the binary from there; undefined when nothing does. */
function tryToRun(native, account) {
  const binary = join(native, 'bin', 'postgres');
  const { status, error, stderr } = spawnSync(binary, ['--version'], { ...account, cwd: '/', encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr);
}
