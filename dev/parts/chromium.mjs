/** The browser for the page tests. */
import { existsSync } from 'node:fs';
import { LaunchError } from '../say.mjs';
import { canInstallSystemPackages, commandInPath, installSystemPackage } from './system-packages.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The program's path: CHROMIUM_PATH, the PATH, or macOS's applications. */
export function chromiumPath() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  return commandInPath(...NAMES) ?? MAC.find((path) => existsSync(path));
}

/** Installs it when it is missing and that needs no question. */
export async function ensureChromium(launcher) {
  const present = chromiumPath();
  if (present !== undefined) return present;
  if (canInstallSystemPackages() && (await installSystemPackage(launcher, 'chromium'))) {
    const installed = chromiumPath();
    if (installed !== undefined) return installed;
  }
  throw new LaunchError('The page tests need Chromium: install it, or set CHROMIUM_PATH to a Chrome or Chromium.');
}
