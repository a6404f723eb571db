/** `npm start [-- --role api|worker|all]`: the platform alone, in the foreground. */
import { parseArgs } from 'node:util';
import { prepare } from './build.mjs';
import { readEnvironment } from './environment.mjs';
import { launch } from './launcher.mjs';
import { runPlatformToItsEnd } from './parts/platform.mjs';
import { LaunchError, say } from './say.mjs';
import { startStack } from './stack.mjs';

const ROLES = ['all', 'api', 'worker'];

await launch(async (launcher) => {
  const env = readEnvironment();
  const role = roleFrom(env);
  await prepare(launcher);
  launcher.statusOnSignal = 0;
  if (env.NODE_ENV === 'production') return runPlatformToItsEnd(launcher, { ...env, ROLE: role });
  const { connection } = await startStack(launcher, env, { role });
  say('Ready. Ctrl-C stops it.');
  for (const [name, value] of Object.entries(connection)) {
    if (name.endsWith('_url') && value) say(`  ${name.replace('_url', '').padEnd(9)} ${value}`);
  }
  if (role !== 'worker') say('  token     in .rasl/connection.json');
  return launcher.untilStopped();
});

function roleFrom(env) {
  const { values } = parseArgs({ options: { role: { type: 'string' } } });
  const role = values.role ?? env.ROLE ?? 'all';
  if (!ROLES.includes(role)) throw new LaunchError(`There is no role ${role}: it is one of ${ROLES.join(', ')}.`);
  return role;
}
