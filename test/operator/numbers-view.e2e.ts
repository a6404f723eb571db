import { Health } from '../../src/platform/health/health.js';
import { OperatorServer } from '../../src/platform/health/operator-server.js';
import { Log } from '../../src/platform/logging/log.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { COUNTED_UP_TO } from '../../src/platform/numbers/number-counts.js';
import { numberStates } from '../../src/platform/numbers/number-states.js';
import type { NumbersPage } from '../../src/platform/numbers/numbers-page.js';
import { NumbersView, PAGE_SIZE } from '../../src/platform/numbers/numbers-view.js';
import { tierLimit } from '../../src/whatsapp/connection/messaging-tier.js';
import { Outbox, type Sender } from '../delivery/outbox.js';
import { SlotsLab } from '../delivery/slots-lab.js';

type Json<T> = { [K in keyof T]: T[K] extends Date ? string : T[K] extends object ? Json<T[K]> : T[K] };

let outbox: Outbox;
let lab: SlotsLab;
let server: OperatorServer;
let url: string;
let sender: Sender;
beforeEach(async () => {
  outbox = await Outbox.create({ OPERATOR_PORT: '0' });
  const { settings } = outbox;
  server = new OperatorServer(settings, new Health(settings), new Metrics(), new Log(settings));
  lab = new SlotsLab();
  await lab.ready();
  new NumbersView(server, outbox.postgres, lab.slots).onModuleInit();
  url = await server.listen();
  sender = await outbox.sender();
});
afterEach(async () => {
  await server.close();
  lab.close();
  await outbox.close();
});

const read = async (query = ''): Promise<Json<NumbersPage>> =>
  (await (await fetch(`${url}/numbers.json${query}`)).json()) as Json<NumbersPage>;
const html = async (): Promise<string> => (await fetch(`${url}/numbers`)).text();
const numberRow = async (of = sender) => (await read()).numbers.find(({ numberId }) => numberId === of.numberId);

describe('the numbers that an operator sees', () => {
  it('say what waits, since when, and what holds it', async () => {
    await outbox.messages(sender, 3, { due_at: `now() - interval '2 minutes'` });
    await outbox.message(sender, { held_by: `'lane'` });
    await outbox.messages(sender, 2, { held_by: `'tier'`, status: `'sending'`, next_at: `now() + interval '1 hour'` });
    await outbox.message(sender, { due_at: `now() + interval '1 hour'`, next_at: `now() + interval '1 hour'` });
    const number = await numberRow();
    expect(number).toMatchObject({ backlog: 7, heldByLane: 1, heldByTier: 2, ratePerSecond: 80, pausedAt: null });
    expect(number?.oldestAge).toBeGreaterThanOrEqual(120);
    expect(number?.oldestAge).toBeLessThan(180);
  });

  it('count a backlog up to 10,000, and say that there is more', async () => {
    await outbox.messages(sender, COUNTED_UP_TO - 1);
    expect(await html()).toContain('>9,999<');
    await outbox.messages(sender, 2);
    expect(await numberRow()).toMatchObject({ backlog: COUNTED_UP_TO });
    expect(await html()).toContain('>10,000+<');
  });

  it('say how old unknown outcomes are, what failed last, and how much of the messaging limit is used', async () => {
    for (const age of ['30 seconds', '5 minutes', '14 minutes', '16 minutes']) {
      await outbox.message(sender, { status: `'unknown'`, next_at: null, unknown_at: `now() - interval '${age}'` });
    }
    for (const minutes of [4, 3, 2, 1]) {
      await outbox.message(sender, {
        status: `'failed'`,
        next_at: null,
        error_code: `'13102${minutes}'`,
        error_title: `'Undeliverable'`,
        failed_at: `now() - interval '${minutes} minutes'`,
      });
    }
    await outbox.run(
      `UPDATE phone_numbers SET messaging_limit_tier = 'TIER_2K', quality_rating = 'RED' WHERE id = $1`,
      [sender.numberId],
    );
    await outbox.run(
      `INSERT INTO messaging_portfolios (portfolio, recipients) SELECT portfolio, 7 FROM whatsapp_accounts WHERE id = $1`,
      [sender.accountId],
    );
    const number = await numberRow();
    expect(number).toMatchObject({
      unknown: { minute: 1, quarter: 2, older: 1 },
      tier: 'TIER_2K',
      tierUsed: 7,
      tierLimit: 2000,
      qualityRating: 'RED',
      backlog: 0,
      oldestAge: null,
    });
    expect(number?.errors.map(({ code, text }) => [code, text])).toEqual([
      ['131021', 'Undeliverable'],
      ['131022', 'Undeliverable'],
      ['131023', 'Undeliverable'],
    ]);
  });

  it('know the limit of each tier as sending does', async () => {
    for (const tier of [
      'TIER_50',
      'TIER_250',
      'TIER_2K',
      'TIER_1M',
      'TIER_UNLIMITED',
      'TIER_NOT_SET',
      'TIER_1KM',
      null,
    ]) {
      await outbox.run('UPDATE phone_numbers SET messaging_limit_tier = $2 WHERE id = $1', [sender.numberId, tier]);
      const limit = tierLimit(tier);
      expect([tier, (await numberRow())?.tierLimit]).toEqual([tier, typeof limit === 'number' ? limit : null]);
    }
  });

  it('say how fast they send, and how fast they may', async () => {
    expect(await numberRow()).toMatchObject({
      usedPerSecond: 0,
      rate: { factor: 1, allowedPerSecond: 76, heldUntil: null, breakerOpen: false },
    });
    const [id] = await outbox.messages(sender, 1);
    const attempt = (no: number, claimed: string, submitting: string | null): Promise<void> =>
      outbox.run(
        `INSERT INTO attempts (message_id, attempt_no, number_id, state, worker, claimed_at, submitting_at)
         VALUES ($1, $2, $3, 'accepted', 'test', now() - $4::interval, now() - $5::interval)`,
        [id, no, sender.numberId, claimed, submitting],
      );
    // Two of the last ten seconds, one just before them, one that was given back.
    await attempt(1, '4 seconds', '3 seconds');
    await attempt(2, '11 seconds', '2 seconds');
    await attempt(3, '12 seconds', '11 seconds');
    await attempt(4, '1 second', null);
    await lab.slots.reserve({ numberId: sender.numberId, ratePerSecond: 80 }, [{ recipient: '2010', urgent: false }]);
    await lab.slots.slowDown(sender.numberId);
    await lab.slots.hold(sender.numberId, 60_000);
    const number = await numberRow();
    expect(number).toMatchObject({ usedPerSecond: 0.2, rate: { breakerOpen: false } });
    expect(number?.rate?.factor).toBeCloseTo(0.5, 1);
    expect(number?.rate?.allowedPerSecond).toBeCloseTo(38, -1);
    const heldFor = new Date(number?.rate?.heldUntil ?? 0).getTime() - Date.now();
    expect(heldFor).toBeGreaterThan(40_000);
    expect(heldFor).toBeLessThan(61_000);
    expect(await html()).toMatch(
      /0\.2 of [34]\d(\.\d)?\/s<small>WhatsApp allows 80\/s<\/small><small>slowed to 5\d%<\/small>/,
    );
    expect(await html()).not.toContain('breaker open');
  });

  it('say that calls hang, until they are answered again', async () => {
    await lab.slots.openBreaker(sender.numberId, 10_000);
    const { rate } = (await numberRow()) ?? {};
    expect(rate).toMatchObject({ breakerOpen: true, heldUntil: expect.any(String) as string });
    expect(await html()).toContain('breaker open');
    await lab.slots.closeBreaker(sender.numberId);
    expect((await numberRow())?.rate).toMatchObject({ breakerOpen: false });
    expect((await numberRow())?.rate?.factor).toBeCloseTo(0.1, 1);
  });

  it('are shown without their rates while Redis is away, which the page says', async () => {
    expect(await html()).not.toContain('Redis does not answer');
    lab.close();
    await outbox.message(sender);
    expect(await numberRow()).toMatchObject({ backlog: 1, rate: null });
    expect(await html()).toMatch(/role="status">Redis does not answer/);
  });

  it('come with those in trouble first: paused with work, paused, in doubt, waiting, quiet', async () => {
    const [paused, idle, doubting, waiting] = [
      await outbox.sender(),
      await outbox.sender(),
      await outbox.sender(),
      await outbox.sender(),
    ];
    await outbox.run(`UPDATE phone_numbers SET paused_at = now(), paused_reason = 'token' WHERE id = ANY ($1)`, [
      [paused.numberId, idle.numberId],
    ]);
    await outbox.message(paused);
    await outbox.message(waiting, { due_at: `now() - interval '1 hour'` });
    await outbox.message(doubting, { status: `'unknown'`, next_at: null, unknown_at: `now() - interval '1 hour'` });
    const { numbers } = await read();
    expect(numbers.map(({ numberId }) => numberId)).toEqual(
      [paused, idle, doubting, waiting, sender].map(({ numberId }) => numberId),
    );
  });

  it('say that all delivery is held, and why', async () => {
    expect(await html()).not.toContain('All delivery is held');
    await outbox.run(`INSERT INTO delivery_hold (reason) VALUES ('restored <backup>')`);
    expect(await html()).toMatch(/All delivery is held since [^<]+: restored &lt;backup&gt;/);
  });

  it('are not fooled by what tenants and WhatsApp write', async () => {
    const evil = `"><script>alert(1)</script>'&`;
    await outbox.run('UPDATE tenants SET name = $2 WHERE id = $1', [sender.tenantId, evil]);
    await outbox.run(
      `UPDATE phone_numbers SET display_phone_number = $2, phone_number_id = $2, quality_rating = $2, name_status = $2,
              messaging_limit_tier = $2, paused_at = now(), paused_reason = $2 WHERE id = $1`,
      [sender.numberId, evil],
    );
    const id = await outbox.message(sender, { status: `'failed'`, next_at: null, failed_at: 'now()' });
    await outbox.run('UPDATE messages SET error_code = $2, error_title = $2 WHERE id = $1', [id, evil]);
    const page = await html();
    expect(page).not.toContain('<script');
    expect(page.split('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;').length - 1).toBe(9);
  });

  it(`come ${PAGE_SIZE} on a page`, async () => {
    await outbox.run(
      `INSERT INTO phone_numbers (tenant_id, account_id, phone_number_id, display_phone_number)
       SELECT $1, $2, 'more-' || n, '+1' FROM generate_series(1, ${PAGE_SIZE}) n`,
      [sender.tenantId, sender.accountId],
    );
    const [first, second] = [await read(), await read('?page=2')];
    expect([first.numbers.length, first.hasMore]).toEqual([PAGE_SIZE, true]);
    expect([second.numbers.length, second.hasMore]).toEqual([1, false]);
    expect(new Set([...first.numbers, ...second.numbers].map(({ numberId }) => numberId)).size).toBe(PAGE_SIZE + 1);
    for (const query of ['?page=0', '?page=-1', '?page=x', '?page=9999999']) expect((await read(query)).page).toBe(1);
    expect((await read('?page=3')).numbers).toEqual([]);
  });

  it('are ordered at a cost that a long backlog does not raise', async () => {
    const blocks = async (): Promise<number> => {
      const client = await outbox.postgres.pool.connect();
      try {
        await client.query('BEGIN');
        const before = await client.query<{ hit: string }>(
          `SELECT (pg_stat_get_xact_blocks_fetched('messages'::regclass)
                   + pg_stat_get_xact_blocks_fetched('messages_due'::regclass)) AS hit`,
        );
        await numberStates(
          {
            query: async <T extends object>(_name: string, text: string, values: unknown[] = []) =>
              (await client.query<T & Record<string, unknown>>(text, values)).rows,
          },
          { limit: PAGE_SIZE, offset: 0 },
        );
        const after = await client.query<{ hit: string }>(
          `SELECT (pg_stat_get_xact_blocks_fetched('messages'::regclass)
                   + pg_stat_get_xact_blocks_fetched('messages_due'::regclass)) AS hit`,
        );
        return Number(after.rows[0]?.hit) - Number(before.rows[0]?.hit);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    };
    await outbox.messages(sender, 10);
    await outbox.run('ANALYZE messages');
    const few = await blocks();
    await outbox.messages(sender, 20_000);
    await outbox.run('VACUUM ANALYZE messages');
    expect(await blocks()).toBeLessThan(few + 40);
  });
});
