/** `npm test [-- jest's arguments]`: everything the tests need, then unit and end-to-end tests. */
import { prepare } from './build.mjs';
import { runJest } from './jest-run.mjs';
import { launch } from './launcher.mjs';
import { chromiumPath } from './parts/chromium.mjs';

await launch(async (launcher) => {
  await prepare(launcher);
  const chromium = chromiumPath();
  const { status, closingLine } = await runJest(launcher, {
    projects: ['unit', 'e2e', ...(chromium === undefined ? [] : ['pages'])],
    args: process.argv.slice(2),
    env: chromium === undefined ? {} : { CHROMIUM_PATH: chromium },
  });
  if (chromium === undefined)
    console.log('\nThe page tests were left out: there is no Chromium here. `npm run test:pages` gets one.');
  if (closingLine !== undefined) console.log(`\n${closingLine}`);
  return status;
});
