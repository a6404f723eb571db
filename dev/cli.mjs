/** `npm run cli -- …`: the operator's commands, on the database and Redis that this checkout's platform uses. */
import { prepare } from './build.mjs';
import { readEnvironment } from './environment.mjs';
import { launch } from './launcher.mjs';
import { runCli } from './parts/platform.mjs';
import { withParts } from './stack.mjs';

const HELP = ['--help', '-h', 'help', '--version', '-V'];

await launch(async (launcher) => {
  const args = process.argv.slice(2);
  const env = readEnvironment();
  await prepare(launcher);
  const asksForHelp = args.length === 0 || args.some((arg) => HELP.includes(arg));
  if (asksForHelp || env.NODE_ENV === 'production') return runCli(launcher, args, env);
  return withParts(launcher, env, (complete) => runCli(launcher, args, complete));
});
