/**
 * `npm run chaos [-- --runs N --seed S]`: the platform hurt at random instants, with servers and data of its own. What
 * it takes is installed and built here; test/chaos is the program.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './build.mjs';
import { embeddedFolder, isRoot, ownedFolder, privateFolder, root } from './checkout.mjs';
import { alone } from './claims.mjs';
import { launch } from './launcher.mjs';
import { postgresAccount, postgresBinaries } from './parts/postgres-account.mjs';
import { redisBinary } from './parts/redis-binary.mjs';
import { endLeftovers } from './run-record.mjs';

/** Runs a command with a view of the file systems of its own: what it mounts is gone with it, however it ends. */
const OWN_MOUNTS = ['unshare', '--mount', '--propagation', 'private'];

function mayMount() {
  const [command, ...args] = OWN_MOUNTS;
  const trial = 'mount -t tmpfs -o size=64k tmpfs "$0"';
  return isRoot && spawnSync(command, [...args, 'sh', '-c', trial, privateFolder()]).status === 0;
}

await launch(async (launcher) => {
  await prepare(launcher);
  await alone('starting', endLeftovers);
  launcher.record.update({ kind: 'chaos' });
  const folder = join(embeddedFolder(), `chaos-${process.pid}`);
  launcher.record.addScratch(folder);
  if (isRoot) ownedFolder(folder);
  else mkdirSync(folder, { mode: 0o711 });
  const account = postgresAccount();
  const { uid, gid } = account;
  const mounts = mayMount();
  const [command, ...args] = [
    ...(mounts ? OWN_MOUNTS : []),
    process.execPath,
    '--enable-source-maps',
    join(root, 'dist/test/chaos/main.js'),
    ...process.argv.slice(2),
  ];
  return launcher.run('the chaos runs', command, args, {
    env: {
      ...process.env,
      // Every temporary folder of every process goes with the scratch folder.
      TMPDIR: folder,
      CHAOS_FOLDER: folder,
      CHAOS_FINDINGS: privateFolder('chaos'),
      CHAOS_MAY_MOUNT: mounts ? '1' : '0',
      TEST_POSTGRES_BIN: postgresBinaries(account),
      ...(uid === undefined ? {} : { TEST_POSTGRES_UID: String(uid), TEST_POSTGRES_GID: String(gid) }),
      TEST_REDIS_SERVER: await redisBinary(launcher),
    },
  });
});
