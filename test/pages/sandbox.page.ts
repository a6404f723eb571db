import type { Browser, Page } from 'playwright-core';
import { jpeg } from '../../src/media/testing/sample-files.js';
import { eventually } from '../support/eventually.js';
import { sharedPlace, TestTenant } from '../support/tenant.js';
import { hostsOf, startBrowser, type Witness, witness } from './browser.js';

const PHONE = '201001234567';

/** The sandbox's page: what the customer's phone shows of what the platform sent. */
describe('the page of the sandbox', () => {
  const { sandboxUrl } = sharedPlace();
  let browser: Browser;
  let page: Page;
  let seen: Witness;
  let tenant: TestTenant;

  const bubble = (wamid: unknown) => page.locator(`#bubbles li[data-wamid="${String(wamid)}"]`);
  const sendPicture = async (caption: string): Promise<string> => {
    const { body } = await tenant.api.sendMedia({
      phone: PHONE,
      media_type: 'image',
      media_file: { bytes: await jpeg(320, 240), name: 'photo.jpg', type: 'image/jpeg' },
      caption,
    });
    if (typeof body.data?.message_id !== 'string') throw new Error(`not sent: ${JSON.stringify(body)}`);
    return body.data.message_id;
  };

  beforeAll(async () => {
    browser = await startBrowser();
  });

  beforeEach(async () => {
    tenant = await TestTenant.create({ throughput: 1000 });
    await tenant.openWindow(PHONE);
    page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    seen = witness(page);
    await page.goto(`${sandboxUrl}/?phone_number_id=${tenant.phoneNumberId}`);
    await page.locator(`#number option[value="${tenant.phoneNumberId}"]`).waitFor({ state: 'attached' });
  });

  afterEach(async () => {
    await page.close();
    await tenant.close();
  });

  afterAll(() => browser.close());

  it('shows a picture that the platform sent, and its ticks until it is read', async () => {
    const wamid = await sendPicture('Your order, @{contact_phone}');
    const message = bubble(wamid);
    const picture = message.locator('img');
    await picture.waitFor();
    await eventually('the picture being drawn', async () => {
      const width: unknown = await page.evaluate(`document.querySelector('[data-wamid="${wamid}"] img')?.naturalWidth`);
      return width === 320 ? true : undefined;
    });
    expect(await message.locator('.body').innerText()).toBe(`Your order, ${PHONE}`);
    await message.getByRole('img', { name: 'read' }).waitFor();
  });

  it('lets a person write as a customer, and shows the answer below', async () => {
    await page.getByRole('button', { name: 'Write as a new customer' }).click();
    await page.locator('#new-phone').fill('+20 100 123 4567');
    await page.locator('#new-name').fill('Mona Ali');
    await page.locator('#new-text').fill('Where is my order?');
    await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await page.locator('#bubbles li', { hasText: 'Where is my order?' }).waitFor();
    await eventually('the customer’s message at the platform', async () => {
      const rows = await tenant.rows('SELECT 1 FROM messages WHERE tenant_id = $1 AND direction = $2', [
        tenant.id,
        'inbound',
      ]);
      return rows.length === 1 ? true : undefined;
    });
    const wamid = await sendPicture('On its way, @{contact_first_name}');
    await bubble(wamid).getByText('On its way, Mona Ali').waitFor();
  });

  it('lets the customer tap a button and a row of a list, and the platform gets both', async () => {
    const send = async (fields: Record<string, unknown>): Promise<string> => {
      const { body } = await tenant.api.send('interactive', { phone: PHONE, ...fields });
      if (typeof body.data?.message_id !== 'string') throw new Error(`not sent: ${JSON.stringify(body)}`);
      return body.data.message_id;
    };
    const buttons = await send({ type: 'button', body_text: 'Today?', buttons: [{ id: 'yes', title: 'Yes, please' }] });
    await bubble(buttons).getByRole('button', { name: 'Yes, please' }).click();
    const rows = [
      { id: 'noon', title: 'Noon', description: 'At twelve' },
      { id: 'eve', title: 'Evening' },
    ];
    const list = await send({
      type: 'list',
      body_text: 'When?',
      list_button_text: 'Choose a time',
      sections: [{ title: 'Today', rows }],
    });
    const row = bubble(list).getByRole('button', { name: 'Noon' });
    await bubble(list).getByText('Choose a time').waitFor();
    expect(await row.isVisible()).toBe(false);
    await bubble(list).getByText('Choose a time').click();
    await row.click();
    const taps = await eventually('both taps at the platform', async () => {
      const inbound = await tenant.rows(
        `SELECT body, reply_to_wamid, content->'interactive' AS interactive FROM messages
          WHERE tenant_id = $1 AND direction = 'inbound' ORDER BY id`,
        [tenant.id],
      );
      return inbound.length === 2 ? inbound : undefined;
    });
    expect(taps).toEqual([
      {
        body: 'Yes, please',
        reply_to_wamid: buttons,
        interactive: { type: 'button_reply', button_reply: { id: 'yes', title: 'Yes, please' } },
      },
      {
        body: 'Noon',
        reply_to_wamid: list,
        interactive: { type: 'list_reply', list_reply: { id: 'noon', title: 'Noon', description: 'At twelve' } },
      },
    ]);
  });

  it('shows a one-time code with the button that copies it', async () => {
    expect((await tenant.api.request('POST', '/api/v2/templates/sync')).status).toBe(200);
    const { body } = await tenant.api.json('POST', 'auth/send-otp', {
      phone: PHONE,
      template_name: 'verification_code',
      language: 'en_US',
      code: 'Copy483927',
    });
    const message = bubble(body.data?.message_id);
    await message.getByText('Copy483927').waitFor();
    await message.getByRole('button', { name: 'Copy code' }).click();
    // Also where the browser keeps its clipboard to itself.
    await page
      .getByRole('status')
      .getByText(/(Copied|The code is) Copy483927/)
      .waitFor();
  });

  it('shows on a narrow screen the conversation that is tapped', async () => {
    const wamid = await sendPicture('Small');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.reload();
    await page.locator('#conversation-list button').first().click();
    await bubble(wamid).locator('img').waitFor();
  });

  it('asks no other host and meets no error', async () => {
    const wamid = await sendPicture('Quiet');
    await bubble(wamid).getByRole('img', { name: 'read' }).waitFor();
    expect(hostsOf(seen.requests)).toEqual([new URL(sandboxUrl).host]);
    expect(seen.problems).toEqual([]);
  });
});
