import { eventually } from '../support/eventually.js';
import { TemplateLab } from './template-lab.js';

/** Real processes: API, worker, sandbox, Postgres, Redis. The portfolio may write to one new person in 24 hours. */
it('templates beyond the messaging limit of the portfolio wait, say so, and leave when there is room', async () => {
  const lab = await TemplateLab.create();
  const { tenant } = lab;
  const allow = (tier: string) =>
    tenant.rows('UPDATE phone_numbers SET messaging_limit_tier = $2 WHERE id = $1', [tenant.numberId, tier]);
  await allow('TIER_1');
  await lab.sent(await lab.send('hello', { phone: '201005550301' }));

  const held = await lab.send('hello', { phone: '201005550302' }, { prefer: 'respond-async' });
  expect(held).toMatchObject({ status: 200, body: { data: { status: 'queued', message_id: null } } });
  const id = Number(held.body.data?.chat_message_id);
  const shown = async () => (await tenant.api.getMessage(id)).body.data;
  const waiting = await eventually('the message being held', async () => {
    const message = await shown();
    return message?.hold_reason ? message : undefined;
  });
  expect(waiting).toMatchObject({
    status: 'sending',
    hold_reason: expect.stringMatching(/limit of new recipients/) as string,
    error: null,
  });
  // Whoever was written to already needs no other place.
  await lab.sent(await lab.send('hello', { phone: '201005550301' }));
  expect((await tenant.control.messages(tenant.phoneNumberId)).map(({ wa_id }) => wa_id)).toEqual([
    '201005550301',
    '201005550301',
  ]);

  await allow('TIER_2');
  await tenant.rows(`UPDATE messages SET next_at = now() - interval '1 second' WHERE id = $1`, [id]);
  const left = await eventually('the message leaving', async () => {
    const message = await shown();
    return message?.message_id ? message : undefined;
  });
  expect(left).toMatchObject({ hold_reason: null, error: null });
  await lab.close();
});
