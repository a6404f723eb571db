import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { jpeg } from '../../src/media/testing/sample-files.js';
import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { sharedPlace, TestTenant } from '../support/tenant.js';
import { hostsOf, startBrowser, type Witness, witness } from './browser.js';

/** The button that shows the chosen language: its name ends with the library. */
const LANGUAGE = /\((curl|Node\.js|requests|java\.net\.http|net\/http|HttpClient)\)/;

const PHONE = '201001234567';

/** The reference as a reader sees it, against a running platform. */
describe('/docs', () => {
  const { apiUrl } = sharedPlace();
  let browser: Browser;
  /** For tests that leave it as it was. */
  let page: Page;

  const visit = async (): Promise<{ page: Page; seen: Witness }> => {
    const visited = await browser.newPage({ viewport: { width: 1500, height: 1100 } });
    const seen = witness(visited);
    await visited.goto(`${apiUrl}/docs`);
    await sidebar(visited).getByText('Send media message', { exact: true }).first().waitFor();
    return { page: visited, seen };
  };
  const sidebar = (of: Page) => of.locator('.t-doc__sidebar');
  const open = async (name: string, where = page): Promise<void> => {
    await sidebar(where).getByText(name, { exact: true }).first().click();
    await where.getByRole('heading', { name, exact: true }).first().waitFor();
  };

  beforeAll(async () => {
    browser = await startBrowser();
    ({ page } = await visit());
  });

  afterAll(() => browser.close());

  it('shows pages in its sidebar, and endpoints in groups', async () => {
    const entries = (await sidebar(page).innerText()).split('\n');
    expect(entries).toEqual(
      expect.arrayContaining([
        'Introduction',
        'Authentication',
        'Errors',
        'Limits',
        'Life of a message',
        'Changelog',
        'Verifying webhooks',
        'WooCommerce',
        'Messages',
        'Send media message',
        'Get message',
        'Media',
        'WhatsApp webhooks',
      ]),
    );
    expect(entries).not.toContain('Download media');
  });

  it('shows the text of its pages, with the table of error codes', async () => {
    // The page renders its sections as the browser finds time for them: each text is waited for.
    const main = page.getByRole('main', { name: /Documentation for RASL API/ });
    for (const expected of [
      'Authorization: Bearer rasl_',
      'X-RateLimit-Remaining',
      'Service window',
      '@{contact_first_name}',
      'RATE_LIMIT_EXCEEDED',
      'MESSAGE_SEND_FAILED',
    ]) {
      await main.getByText(expected).first().waitFor();
    }
  });

  it('asks no other host and meets no error, whatever is opened', async () => {
    const { page: own, seen } = await visit();
    await open('Get message', own);
    await sidebar(own).getByText('Media', { exact: true }).click();
    await open('Download media', own);
    await own
      .getByRole('button', { name: /Test Request/ })
      .first()
      .click();
    await own.getByRole('dialog').waitFor();
    expect(hostsOf(seen.requests)).toEqual([new URL(apiUrl).host]);
    expect(seen.problems).toEqual([]);
    await own.close();
  });

  it('lets no script run that the page did not come with', async () => {
    const response = await page.request.get(`${apiUrl}/docs`);
    const policy = response.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).toContain("connect-src 'self'");
  });

  it.each([
    ['Shell (curl)', 'curl --request POST'],
    ['JavaScript (Node.js)', 'new FormData()'],
    ['Python (requests)', 'import requests'],
    ['PHP (curl)', 'new CURLFile('],
    ['Java (java.net.http)', 'HttpRequest.newBuilder'],
    ['Go (net/http)', 'multipart.NewWriter'],
    ['C# (HttpClient)', 'new MultipartFormDataContent()'],
  ])('shows a sample in %s', async (label, expected) => {
    await open('Send media message');
    const samples = page
      .locator('.section', { has: page.getByRole('heading', { name: 'Send media message' }) })
      .first();
    await samples.getByRole('button', { name: LANGUAGE }).first().click();
    await page.getByRole('option', { name: label }).click();
    await samples.getByText(expected).first().waitFor();
    const text = await samples.innerText();
    expect(text).toContain('YOUR_TOKEN');
    expect(text).toContain('photo.jpg');
  });

  it('sends a real message with a file and a token', async () => {
    const tenant = await TestTenant.create({ throughput: 1000 });
    await tenant.openWindow(PHONE);
    const folder = mkdtempSync(join(tmpdir(), 'rasl-page-'));
    const picture = join(folder, 'picture.jpg');
    writeFileSync(picture, await jpeg());
    const { page: own } = await visit();
    try {
      await own.getByPlaceholder('Token').first().fill(tenant.api.token);
      await open('Send media message', own);
      await own
        .locator('.section', { has: own.getByRole('heading', { name: 'Send media message' }) })
        .first()
        .getByRole('button', { name: /Test Request/ })
        .first()
        .click();
      const dialog = own.getByRole('dialog');
      await dialog.waitFor();
      const send = async () => {
        const [answer] = await Promise.all([
          own.waitForResponse((response) => response.request().method() === 'POST'),
          dialog.getByRole('button', { name: /^Send/ }).first().click(),
        ]);
        return (await answer.json()) as ApiAnswer['body'];
      };
      // A form that nobody has edited arrives as a form, and only its file is missing.
      expect((await send()).error?.details).toEqual({ media_file: [expect.any(String)] });

      const fileField = dialog.locator('tr', { has: own.getByText('media_file') }).last();
      const [chooser] = await Promise.all([
        own.waitForEvent('filechooser'),
        fileField.getByText('Select File').first().click(),
      ]);
      await chooser.setFiles(picture);
      await dialog.getByText('picture.jpg').first().waitFor();
      // The viewer takes over what was chosen a moment later; until then it is the form without a file, refused as above.
      const data = await eventually(
        'the form with its file being accepted',
        async () => (await send()).data ?? undefined,
      );
      expect(data).toMatchObject({ phone: '201000000000', media_type: 'image' });
      await dialog.getByText('chat_message_id').first().waitFor();
      await eventually('the message at WhatsApp', async () => {
        const [message] = await tenant.control.messages(tenant.phoneNumberId);
        return message?.media?.kind === 'image' ? true : undefined;
      });
    } finally {
      await own.close();
      rmSync(folder, { recursive: true });
      await tenant.close();
    }
  });

  it('keeps no token in the browser', async () => {
    await page.getByPlaceholder('Token').first().fill('rasl_secret_of_a_reader');
    await open('Get message');
    const kept = await page.evaluate<string>(
      'JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie',
    );
    expect(kept).not.toContain('rasl_secret_of_a_reader');
  });
});

describe('/openapi.json', () => {
  const { apiUrl } = sharedPlace();

  it('is OpenAPI 3.1, names this server, and may be read by any page', async () => {
    const response = await fetch(`${apiUrl}/openapi.json`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const document = (await response.json()) as { openapi: string; servers: { url: string }[] };
    expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: apiUrl }] });
  });

  it('is not sent again to those who have it', async () => {
    const first = await fetch(`${apiUrl}/openapi.json`);
    await first.arrayBuffer();
    const again = await fetch(`${apiUrl}/openapi.json`, {
      headers: { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'no-store' },
    });
    await again.arrayBuffer();
    expect(again.status).toBe(304);
  });
});

describe('/docs/assets', () => {
  const { apiUrl } = sharedPlace();

  it('are kept for ever under their version, and asked for again without it', async () => {
    const html = await (await fetch(`${apiUrl}/docs`)).text();
    const [, path = ''] = /src="(\/docs\/assets\/scalar\.js\?v=[^"]+)"/.exec(html) ?? [];
    const versioned = await fetch(apiUrl + path);
    const bare = await fetch(`${apiUrl}/docs/assets/scalar.js`);
    expect(versioned.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(versioned.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(bare.headers.get('cache-control')).toBe('no-cache');
    await Promise.all([versioned.arrayBuffer(), bare.arrayBuffer()]);
  });

  it.each(['nothing.js', '..%2Freference.html', 'reference.html', 'constructor'])('do not have %s', async (name) => {
    const response = await fetch(`${apiUrl}/docs/assets/${name}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
  });
});
