/** `npm run test:pages`: the tests of pages in headless Chromium, which is installed when it is missing. */
import { prepare } from './build.mjs';
import { runJest } from './jest-run.mjs';
import { launch } from './launcher.mjs';
import { ensureChromium } from './parts/chromium.mjs';

await launch(async (launcher) => {
  await prepare(launcher);
  const chromium = await ensureChromium(launcher);
  const { status, closingLine } = await runJest(launcher, {
    projects: ['pages'],
    args: process.argv.slice(2),
    env: { CHROMIUM_PATH: chromium },
  });
  if (closingLine !== undefined) console.log(`\n${closingLine}`);
  return status;
});
