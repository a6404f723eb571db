import { type Browser, chromium, type Page } from 'playwright-core';

/** Headless Chromium that starts no connection of its own accord. The launcher names it in CHROMIUM_PATH. */
export function startBrowser(): Promise<Browser> {
  const { CHROMIUM_PATH } = process.env;
  if (!CHROMIUM_PATH) throw new Error('CHROMIUM_PATH is not set: run the page tests by "npm run test:pages"');
  return chromium.launch({
    executablePath: CHROMIUM_PATH,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** What a page did that a reader does not see: requests, and what went wrong. */
export interface Witness {
  readonly requests: string[];
  readonly problems: string[];
}

/** Writes down every request of the page, and every error, warning and failed request. */
export function witness(page: Page): Witness {
  const seen: Witness = { requests: [], problems: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('requestfailed', (request) => seen.problems.push(`failed: ${request.url()}`));
  page.on('pageerror', (error) => seen.problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      seen.problems.push(`${message.type()}: ${message.text()}`);
    }
  });
  return seen;
}

/** Hosts that were asked, without what the page made itself (`data:` and `blob:`). */
export const hostsOf = (requests: readonly string[]): string[] => [
  ...new Set(requests.filter((url) => /^https?:|^wss?:/.test(url)).map((url) => new URL(url).host)),
];
