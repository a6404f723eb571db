import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { TemplateLab } from './template-lab.js';

/**
 * Real processes: API, worker, sandbox, Postgres, Redis. What WhatsApp says of a person, by a webhook or by refusing a
 * message, counts for the next send.
 */
describe('what WhatsApp says', () => {
  const PATIENT = { prefer: 'wait=30' };

  it('of the service window (131047) has the last word, until the customer writes again', async () => {
    const tenant = await TestTenant.create({ settings: { enforce_service_window: true } });
    const phone = '201555000001';
    const writes = (more: Record<string, unknown> = {}) =>
      tenant.control.inbound(tenant.phoneNumberId, { from: phone, type: 'text', text: 'Hello', ...more });
    const send = () => tenant.api.send('text', { phone, message: 'Hello' }, PATIENT);
    const until = (status: number) =>
      eventually(`an answer ${status}`, async () => {
        const answer = await send();
        return answer.status === status ? answer : undefined;
      });
    expect(await send()).toMatchObject({ status: 422, body: { error: { code: 'SERVICE_WINDOW_CLOSED' } } });
    await writes({ timestamp: Math.floor(Date.now() / 1000) - 3600 });
    const sent = await until(200);
    expect(sent.body.data?.service_window_expires_at).toEqual(expect.any(String));

    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131047, count: 1 });
    const refused = await send();
    expect(refused).toMatchObject({ status: 500, body: { error: { details: { whatsapp_error: { code: 131047 } } } } });
    const { body } = await tenant.api.getMessage(Number(refused.body.error?.details?.chat_message_id));
    expect(body.data).toMatchObject({ status: 'failed', service_window_expires_at: null });
    expect(await send()).toMatchObject({ status: 422, body: { error: { code: 'SERVICE_WINDOW_CLOSED' } } });

    await writes();
    await until(200);
    await tenant.close();
  });

  it.each([
    ['the customer tells it (user_preferences)', true],
    ['WhatsApp refuses a message for it (131050)', false],
  ])('of marketing that is not wanted ends it, and nothing else, when %s', async (_what, webhook) => {
    const lab = await TemplateLab.create([
      { name: 'sale', category: 'MARKETING', components: [{ type: 'BODY', text: 'Everything must go' }] },
    ]);
    const { tenant } = lab;
    const phone = '201555000002';
    const prefer = (value: string, more = {}) =>
      tenant.control.call('POST', `/phone_numbers/${tenant.phoneNumberId}/preferences`, {
        from: phone,
        value,
        ...more,
      });
    const stopped = async (expected: boolean) =>
      eventually(`marketing ${expected ? 'stopped' : 'wanted'}`, async () => {
        const [row] = await tenant.rows<{ marketing_stopped: boolean }>(
          'SELECT marketing_stopped FROM contacts WHERE tenant_id = $1',
          [tenant.id],
        );
        return row?.marketing_stopped === expected ? row : undefined;
      });
    await lab.sent(await lab.send('sale', { phone }));

    await prefer('stop', { webhook });
    // WhatsApp may find out after its 200, or before it is told to us.
    if (!webhook) await lab.send('sale', { phone });
    await stopped(true);
    expect(await lab.send('sale', { phone })).toMatchObject({
      status: 403,
      body: { error: { code: 'CONTACT_OPTED_OUT' } },
    });
    await lab.sent(await lab.send('hello', { phone }));

    await prefer('resume');
    await stopped(false);
    await lab.sent(await lab.send('sale', { phone }));
    await lab.close();
  });
});
