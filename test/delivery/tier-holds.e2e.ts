import { heldByTier, releasedUnsent, surelyNotTaken } from '../../src/delivery/attempts/decide-end.js';
import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { recordEnds } from '../../src/delivery/attempts/record-ends.js';
import { takePlaces } from '../../src/delivery/tier/places.js';
import { eventually } from '../support/eventually.js';
import { Outbox, type Sender } from './outbox.js';
import { SendingLab } from './sending-lab.js';

describe('a message that is held by the messaging limit', () => {
  let outbox: Outbox;
  let sender: Sender;
  beforeAll(async () => {
    outbox = await Outbox.create();
    sender = await outbox.sender();
  });
  afterAll(() => outbox.close());

  const claim = async (id: number) =>
    (await claimMessages(outbox.postgres, [{ id, generation: 1 }], { leaseS: 30, worker: 'w' }))[0];
  const heldBy = async (id: number) => {
    const { rows } = await outbox.postgres.pool.query<{ held_by: string | null }>(
      'SELECT held_by FROM messages WHERE id = $1',
      [id],
    );
    return rows[0]?.held_by;
  };

  it('waits as long as it was told, behind what can leave, and has lost no retry', async () => {
    const id = await outbox.message(sender, { type: `'template'` });
    await claim(id);
    const { tenantId, numberId } = sender;
    await recordEnds(outbox.postgres, [{ messageId: id, tenantId, numberId, attemptNo: 1, end: heldByTier(600_000) }]);
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sending', attempt_state: null, priority: 5, retries: 0, error_code: null });
    expect(row.next_in_s).toBeGreaterThan(590);
    expect(row.next_in_s).toBeLessThanOrEqual(600);
    expect(await heldBy(id)).toBe('tier');
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'released' }]);
  });

  it('is not said to be held any more when it is taken into work again, or ends another way', async () => {
    const id = await outbox.message(sender, { type: `'template'`, held_by: `'tier'` });
    expect(await claim(id)).toMatchObject({ id });
    expect(await heldBy(id)).toBeNull();
    const { tenantId, numberId } = sender;
    await recordEnds(outbox.postgres, [
      { messageId: id, tenantId, numberId, attemptNo: 1, end: releasedUnsent('no slot', 500) },
    ]);
    expect(await heldBy(id)).toBeNull();
    expect(await outbox.read(id)).toMatchObject({ priority: 4 });
  });

  it('keeps its priority when it is a one-time code', async () => {
    const id = await outbox.message(sender, { type: `'template'`, priority: 0 });
    await claim(id);
    const { tenantId, numberId } = sender;
    await recordEnds(outbox.postgres, [{ messageId: id, tenantId, numberId, attemptNo: 1, end: heldByTier(1000) }]);
    expect(await outbox.read(id)).toMatchObject({ priority: 0 });
  });

  it.each([
    [`now() + interval '2 minutes'`, true],
    [`now() + interval '50 seconds'`, false],
    [`now() - interval '1 second'`, false],
    ['NULL', false],
  ])('would not be: with a window until %s it is inside: %p', async (until, inside) => {
    const id = await outbox.message(sender);
    await outbox.run(
      `UPDATE chats SET service_window_expires_at = ${until} FROM messages m WHERE m.id = $1 AND chats.id = m.chat_id`,
      [id],
    );
    expect(await claim(id)).toMatchObject({ inServiceWindow: inside });
  });

  it('belongs to the portfolio of its account: the business that owns it, else the account itself', async () => {
    const { rows } = await outbox.postgres.pool.query<{ waba_id: string }>(
      'SELECT waba_id FROM whatsapp_accounts WHERE id = $1',
      [sender.accountId],
    );
    const portfolio = async () => (await claim(await outbox.message(sender)))?.number.portfolio;
    expect(await portfolio()).toBe(`waba:${rows[0]?.waba_id}`);
    await outbox.run(`UPDATE whatsapp_accounts SET business_id = '77' WHERE id = $1`, [sender.accountId]);
    expect(await portfolio()).toBe('business:77');
  });
});

describe('what WhatsApp surely did not take', () => {
  const end = releasedUnsent('', 0);
  it.each([
    [{ state: 'released', httpStatus: null }, true],
    [{ state: 'not_written', httpStatus: null }, true],
    [{ state: 'refused', httpStatus: 400 }, true],
    [{ state: 'refused', httpStatus: null }, true],
    [{ state: 'refused', httpStatus: 500 }, false],
    [{ state: 'unknown', httpStatus: null }, false],
    [{ state: 'accepted', httpStatus: 200 }, false],
  ] as const)('%p: %p', (answer, sure) => {
    expect(surelyNotTaken({ ...end, ...answer })).toBe(sure);
  });
});

describe('workers under a messaging limit', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({ env: { RECOVERY_INTERVAL_MS: '100' } });
  });
  afterAll(() => lab.stop());

  interface Held {
    id: number;
    held_by: string | null;
    attempt_state: string | null;
    attempt_no: number;
    wait_s: number;
  }

  it('hold templates outside the window, send everything else, and go on when the tier is raised', async () => {
    const tenant = await lab.tenant();
    await tenant.rows(`UPDATE phone_numbers SET messaging_limit_tier = 'TIER_2' WHERE id = $1`, [tenant.numberId]);
    await lab.sendOne(tenant);
    await lab.settled(tenant);
    const [account] = await tenant.rows<{ portfolio: string }>(
      'SELECT portfolio FROM whatsapp_accounts WHERE tenant_id = $1',
      [tenant.id],
    );
    await takePlaces(
      {
        query: <T extends object>(_name: string, text: string, values: unknown[] = []) =>
          tenant.rows<T & Record<string, unknown>>(text, values),
      },
      { portfolio: account?.portfolio ?? '', limit: 2, recipients: ['a', 'b'], lookAheadMs: 1000 },
    );
    const templates = await lab.fill(tenant, 3, `now() + interval '1 second'`);
    const [hello] = await tenant.rows<{ id: number }>(
      `INSERT INTO templates (tenant_id, account_id, template_id, name, language, category, status, components)
       SELECT tenant_id, id, '1', 'hello', 'en_US', 'UTILITY', 'APPROVED', '[]' FROM whatsapp_accounts WHERE tenant_id = $1
       RETURNING id`,
      [tenant.id],
    );
    const parts = { header: null, body: [], buttons: [] };
    const template = { id: hello?.id, name: 'hello', language: 'en_US', ...parts };
    await tenant.rows(`UPDATE messages SET type = 'template', content = $2 WHERE id = ANY ($1)`, [
      templates,
      { category: 'UTILITY', template },
    ]);
    const read = () =>
      tenant.rows<Held>(
        `SELECT id::int, held_by, attempt_state, attempt_no, extract(epoch FROM next_at - now())::float8 AS wait_s
           FROM messages WHERE id = ANY ($1) ORDER BY id`,
        [templates],
      );
    const held = await eventually('all templates being held', async () => {
      const rows = await read();
      return rows.every(({ held_by, attempt_state }) => held_by === 'tier' && attempt_state === null)
        ? rows
        : undefined;
    });
    for (const { attempt_no, wait_s } of held) {
      expect(attempt_no).toBe(1);
      expect(wait_s).toBeGreaterThan(1700);
      expect(wait_s).toBeLessThanOrEqual(3600);
    }
    // An image to the same people is no template: it needs no place.
    await lab.fill(tenant, 2);
    await eventually('the images being sent', async () => {
      const { total } = await tenant.control.counts(tenant.phoneNumberId);
      return total === 3 ? total : undefined;
    });
    expect((await read()).map(({ held_by }) => held_by)).toEqual(['tier', 'tier', 'tier']);

    await tenant.rows(`UPDATE phone_numbers SET messaging_limit_tier = 'TIER_4' WHERE id = $1`, [tenant.numberId]);
    await tenant.rows(`UPDATE messages SET next_at = now() - interval '1 second' WHERE id = ANY ($1)`, [templates]);
    await eventually('every template being looked at again, and two being sent', async () => {
      const rows = await read();
      const { total } = await tenant.control.counts(tenant.phoneNumberId);
      return total === 5 && rows.every(({ attempt_no, attempt_state }) => attempt_no >= 2 && attempt_state === null)
        ? true
        : undefined;
    });
    expect((await read()).filter(({ held_by }) => held_by === 'tier')).toHaveLength(1);
  });
});
