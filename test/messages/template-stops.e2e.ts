import type { ApiAnswer } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import type { TenantOptions } from '../support/tenant.js';
import { TemplateLab } from './template-lab.js';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a template that may not be sent any more', () => {
  let lab: TemplateLab | undefined;
  afterEach(() => lab?.close());

  const open = async (options: TenantOptions = {}): Promise<TemplateLab> =>
    (lab = await TemplateLab.create([], options));
  const become = (of: TemplateLab, status: string, webhook: boolean) =>
    of.tenant.control.call('POST', of.path('/hello/status'), { status, webhook });
  const stored = async (of: TemplateLab): Promise<string> => {
    const [row] = await of.tenant.rows<{ status: string }>(
      `SELECT status FROM templates WHERE tenant_id = $1 AND name = 'hello'`,
      [of.tenant.id],
    );
    return row?.status ?? '';
  };
  const is = (of: TemplateLab, status: string) =>
    eventually(`the template being ${status}`, async () => ((await stored(of)) === status ? true : undefined));

  it.each([
    ['PAUSED', '132015', /WhatsApp paused the template/],
    ['DISABLED', '132016', /WhatsApp disabled the template/],
    ['REJECTED', '132001', /The template was REJECTED/],
  ])('takes what waits with it when it is %s, without asking WhatsApp', async (status, code, words) => {
    // One a second: the last ones wait long enough.
    const slow = await open({ throughput: 1 });
    const answers: ApiAnswer[] = [];
    for (let count = 0; count < 6; count += 1) {
      answers.push(await slow.send('hello', { phone: `20100222000${count}` }, { prefer: 'respond-async' }));
    }
    // Only our copy: the sandbox would still take the messages.
    await slow.tenant.rows(`UPDATE templates SET status = $2 WHERE tenant_id = $1 AND name = 'hello'`, [
      slow.tenant.id,
      status,
    ]);
    const ends = await eventually('all messages having ended', async () => {
      const rows = await Promise.all(answers.map((answer) => slow.message(answer)));
      return rows.every((row) => row.status !== 'queued' && row.status !== 'sending') ? rows : undefined;
    });
    const failed = ends.filter((row) => row.status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const row of failed) {
      expect(row).toMatchObject({ error_code: code, error_details: expect.stringMatching(words) as string });
    }
    const { total } = await slow.tenant.control.counts(slow.tenant.phoneNumberId);
    expect(total).toBe(ends.length - failed.length);
    const { body } = await slow.tenant.api.getMessage(Number(failed[0]?.id));
    expect(body.data).toMatchObject({ status: 'failed', error: { code: Number(code) } });
  });

  it('is refused from the moment WhatsApp reports it, until WhatsApp reports that it may be sent again', async () => {
    const own = await open();
    await become(own, 'PAUSED', true);
    await is(own, 'PAUSED');
    const refused = await own.send('hello');
    expect(refused).toMatchObject({
      status: 422,
      body: { error: { details: { template_name: ['The template is PAUSED; only APPROVED templates can be sent.'] } } },
    });
    await become(own, 'APPROVED', true);
    await is(own, 'APPROVED');
    await own.sent(await own.send('hello'));
  });

  it.each([
    ['PAUSED', 132015],
    ['DISABLED', 132016],
  ])('is known to be %s from WhatsApp’s answer, when the webhook is late', async (status, code) => {
    const own = await open();
    await become(own, status, false);
    const first = await own.send('hello');
    expect(first).toMatchObject({
      status: 500,
      body: { error: { code: 'MESSAGE_SEND_FAILED', details: { retryable: false, whatsapp_error: { code } } } },
    });
    await is(own, status);
    expect((await own.send('hello')).status).toBe(422);
  });

  it('stays what a webhook has said since the attempt began', async () => {
    const own = await open();
    await become(own, 'PAUSED', false);
    await own.tenant.rows(`UPDATE templates SET updated_at = now() + interval '1 minute' WHERE tenant_id = $1`, [
      own.tenant.id,
    ]);
    expect((await own.send('hello')).status).toBe(500);
    expect(await stored(own)).toBe('APPROVED');
  });
});
