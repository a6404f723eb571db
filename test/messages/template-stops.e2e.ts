import { eventually } from '../support/eventually.js';
import { TemplateLab } from './template-lab.js';

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a template that may not be sent any more', () => {
  let lab: TemplateLab | undefined;
  afterEach(() => lab?.close());

  const open = async (): Promise<TemplateLab> => (lab = await TemplateLab.create());
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
    ['PAUSED', 132015, /WhatsApp paused the template/],
    ['DISABLED', 132016, /WhatsApp disabled the template/],
    ['REJECTED', 132001, /The template was REJECTED/],
  ])('takes what waits with it when it is %s, without asking WhatsApp', async (status, code, words) => {
    const own = await open();
    const before = await own.message(await own.send('hello'));
    // Only our copy: the sandbox would still take the message.
    await own.tenant.rows(`UPDATE templates SET status = $2 WHERE tenant_id = $1 AND name = 'hello'`, [
      own.tenant.id,
      status,
    ]);
    // The same once more, as it was stored before, and due now.
    const [waiting] = await own.tenant.rows<{ id: number }>(
      `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body, content,
                             generation, due_at, next_at, expires_at)
       SELECT tenant_id, number_id, chat_id, contact_id, direction, type, 'queued', phone, body, content,
              1, now() - interval '1 second', now() - interval '1 second', now() + interval '1 hour'
         FROM messages WHERE id = $1 RETURNING id::int`,
      [before.id],
    );
    const failed = await eventually(
      'the message having failed',
      async () => {
        const { body } = await own.tenant.api.getMessage(waiting?.id ?? 0);
        return body.data?.status === 'failed' ? body.data : undefined;
      },
      45_000,
    );
    expect(failed).toMatchObject({ error: { code, details: expect.stringMatching(words) as string } });
    expect((await own.tenant.control.counts(own.tenant.phoneNumberId)).total).toBe(1);
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
