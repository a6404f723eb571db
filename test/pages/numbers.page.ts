import type { Browser, Page } from 'playwright-core';
import { hostsOf, startBrowser, type Witness, witness } from './browser.js';
import { Installation } from '../support/installation.js';
import { TestTenant } from '../support/tenant.js';

/** The operator's page `/numbers`, of a real worker. */
describe('the page of the numbers', () => {
  let installation: Installation;
  let tenant: TestTenant;
  let browser: Browser;
  let page: Page;
  let seen: Witness;

  beforeAll(async () => {
    const { TEST_REDIS_URL } = process.env;
    if (!TEST_REDIS_URL) throw new Error('run the page tests by "npm run test:pages"');
    installation = await Installation.start({ redisUrl: TEST_REDIS_URL });
    const { api, sandbox, database } = installation;
    tenant = await TestTenant.create({
      place: { apiUrl: api.apiUrl, sandboxUrl: sandbox.url, databaseUrl: database.url },
    });
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 700 } });
    seen = witness(page);
  });
  afterAll(async () => {
    await browser.close();
    await tenant.close();
    await installation.stop();
  });

  it('shows each number, a pause with its reason, and the hold of delivery; it asks nobody else', async () => {
    await tenant.rows(
      `UPDATE phone_numbers SET paused_at = now(), paused_code = 190, paused_reason = 'token <expired>' WHERE id = $1`,
      [tenant.numberId],
    );
    await tenant.rows(`INSERT INTO delivery_hold (reason) VALUES ('we move')`);
    const url = installation.workers[0]?.operatorUrl ?? '';
    await page.goto(`${url}/numbers`);
    const row = page.locator('tbody tr', { hasText: tenant.phoneNumberId });
    expect(await row.count()).toBe(1);
    expect(await row.textContent()).toContain('190: token <expired>');
    expect(await page.locator('[role=alert]').textContent()).toContain('we move');
    // The style is applied although the page's policy forbids everything from elsewhere.
    expect(await page.evaluate(`getComputedStyle(document.querySelector('tbody tr.bad')).backgroundColor`)).toBe(
      'rgb(253, 236, 234)',
    );
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('10');
    if (process.env.PAGE_SHOTS)
      await page.screenshot({ path: `${process.env.PAGE_SHOTS}/numbers.png`, fullPage: true });
    expect(hostsOf(seen.requests)).toEqual([new URL(url).host]);
    expect(seen.problems).toEqual([]);
  });
});
