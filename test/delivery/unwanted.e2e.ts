import { changeOptStates, failUnwanted } from '../../src/contacts/opt-out/opt-states.js';
import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { Outbox, type MessageColumns, type Sender } from './outbox.js';

/** Messages whose contact does not want them (any more): what waits fails, and what a worker holds is asked for again. */
describe('messages that their contact does not want', () => {
  let outbox: Outbox;
  let sender: Sender;
  beforeAll(async () => {
    outbox = await Outbox.create();
    sender = await outbox.sender();
  });
  afterAll(() => outbox.close());

  const contactOf = async (id: number): Promise<number> => {
    const { rows } = await outbox.postgres.pool.query<{ contact_id: number }>(
      'SELECT contact_id FROM messages WHERE id = $1',
      [id],
    );
    return rows[0]?.contact_id ?? 0;
  };
  const optOut = async (id: number): Promise<number[]> => {
    const contact = { tenantId: sender.tenantId, contactId: await contactOf(id) };
    return outbox.postgres.transaction(async (sql) => {
      await changeOptStates(sql, [{ ...contact, optedOut: true, at: null }]);
      return (await failUnwanted(sql, [contact])).map((message) => message.id);
    });
  };
  const claim = (id: number) => claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'test' });
  const submit = (id: number) => submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45);

  it.each<[string, MessageColumns]>([
    ['is queued', {}],
    ['is held by its lane', { held_by: `'lane'` }],
    ['is scheduled', { next_at: `now() + interval '1 day'`, due_at: `now() + interval '1 day'` }],
    ['waits for another try', { status: `'sending'`, attempt_no: 1 }],
    ['was claimed by a worker that died', { status: `'sending'`, attempt_no: 1, attempt_state: `'claimed'` }],
    ['is a one-time code', { priority: 0 }],
  ])('fail when what waits %s', async (_what, columns) => {
    const id = await outbox.message(sender, columns);
    expect(await optOut(id)).toEqual([id]);
    expect(await outbox.read(id)).toMatchObject({
      status: 'failed',
      error_code: 'CONTACT_OPTED_OUT',
      error_title: 'The contact has opted out',
      attempt_state: null,
      next_at: null,
      held_by: null,
      failed_at: expect.any(Date) as Date,
    });
    expect([29, 30]).toContain((await outbox.read(id)).link_expires_in_days);
  });

  it.each<[string, MessageColumns]>([
    ['sent', { status: `'sent'`, next_at: null }],
    ['unknown', { status: `'unknown'`, next_at: null }],
    ['cancelled', { status: `'cancelled'`, next_at: null }],
    [
      'being written to WhatsApp',
      {
        status: `'sending'`,
        attempt_no: 1,
        attempt_state: `'submitting'`,
        next_at: `now() + interval '45 seconds'`,
      },
    ],
  ])('are left alone when %s', async (_what, columns) => {
    const id = await outbox.message(sender, columns);
    const before = await outbox.read(id);
    expect(await optOut(id)).toEqual([]);
    expect((await outbox.read(id)).status).toBe(before.status);
  });

  it('do not leave a worker that claimed them before the contact opted out', async () => {
    const id = await outbox.message(sender);
    await claim(id);
    expect(await optOut(id)).toEqual([]);
    expect(await submit(id)).toEqual([{ unwanted: 'The contact has opted out' }]);
    // Still the attempt's own, so that its end can be stored.
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: 'claimed' });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'claimed' }]);
  });

  it('do not leave when their submission is repeated after the contact opted out', async () => {
    const id = await outbox.message(sender);
    await claim(id);
    expect(await submit(id)).toEqual(['submitted']);
    await optOut(id);
    expect(await submit(id)).toEqual([{ unwanted: 'The contact has opted out' }]);
  });

  it('are one or the other, however the opt-out and the submission meet', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await outbox.message(sender);
      await claim(id);
      const [, submission] = await Promise.all([optOut(id), submit(id)]);
      const { status, attempt_state } = await outbox.read(id);
      // Never called failed here while its request may be written.
      expect([status, attempt_state]).toEqual(['sending', submission[0] === 'submitted' ? 'submitting' : 'claimed']);
    }
  });

  it('are only those of the contact', async () => {
    const [mine = 0, other = 0] = await outbox.messages(sender, 2);
    await optOut(mine);
    await claim(other);
    expect(await submit(other)).toEqual(['submitted']);
  });

  describe('after the contact stopped marketing', () => {
    const marketing = { type: `'template'`, content: `'{"category":"MARKETING"}'::jsonb` };
    const utility = { type: `'template'`, content: `'{"category":"UTILITY"}'::jsonb` };
    const stop = async (id: number): Promise<number[]> => {
      const contactId = await contactOf(id);
      await outbox.run('UPDATE contacts SET marketing_stopped = true WHERE id = $1', [contactId]);
      return (await failUnwanted(outbox.postgres, [{ tenantId: sender.tenantId, contactId }])).map((one) => one.id);
    };

    it('are marketing templates', async () => {
      const id = await outbox.message(sender, marketing);
      expect(await stop(id)).toEqual([id]);
      expect(await outbox.read(id)).toMatchObject({
        status: 'failed',
        error_code: 'CONTACT_OPTED_OUT',
        error_title: 'The contact has stopped marketing messages',
      });
    });

    it('are marketing templates in a worker, too', async () => {
      const id = await outbox.message(sender, marketing);
      await claim(id);
      await stop(id);
      expect(await submit(id)).toEqual([{ unwanted: 'The contact has stopped marketing messages' }]);
    });

    it.each([
      ['templates of another category', utility],
      ['free-form messages', {}],
    ])('are not %s', async (_what, columns) => {
      const id = await outbox.message(sender, columns);
      expect(await stop(id)).toEqual([]);
      await claim(id);
      expect(await submit(id)).toEqual(['submitted']);
    });
  });
});
