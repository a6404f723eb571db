/** `npm run demo [-- --exit]`: everything, then the main job on real input, and an interactive exchange. */
import { parseArgs } from 'node:util';
import { prepare } from './build.mjs';
import { readEnvironment } from './environment.mjs';
import { showExchange } from './exchange.mjs';
import { launch } from './launcher.mjs';
import { doMainJob } from './main-job.mjs';
import { LaunchError, say } from './say.mjs';
import { logFile, startStack } from './stack.mjs';

await launch(async (launcher) => {
  const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });
  const env = readEnvironment();
  if (env.NODE_ENV === 'production') throw new LaunchError('The demo is for development: NODE_ENV is production.');
  if (env.WHATSAPP_API_BASE_URL) {
    throw new LaunchError(
      'The demo sends to its own sandbox, but WHATSAPP_API_BASE_URL names another Cloud API: unset it.',
    );
  }
  await prepare(launcher);
  const log = logFile('platform');
  const { connection } = await startStack(launcher, env, { role: 'all', log });
  const { curl } = await doMainJob(connection);
  await showExchange(connection);
  if (values.exit) return 0;
  launcher.statusOnSignal = 0;
  show(connection, curl, log);
  return launcher.untilStopped();
});

function show({ api_url, operator_url, sandbox_url, token }, curl, log) {
  say('Everything stays up until Ctrl-C.');
  console.log(`
  API         ${api_url}/api/v2
  reference   ${api_url}/docs
  operator    ${operator_url}/health/ready  ${operator_url}/metrics
  phone       ${sandbox_url}/   (the sandbox's page: the picture and the buttons as the customer sees them)
  token       ${token}
  log         ${log}

Send another one, from this folder:

${curl}
`);
}
