import { LONGEST_WAIT_MS, MessagingPlaces } from '../../src/delivery/tier/messaging-places.js';
import { COUNTS_FOR_S, takePlaces } from '../../src/delivery/tier/places.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { setAccountBusiness } from '../../src/whatsapp/connection/observed-numbers.js';
import { people, PlacesLab } from './places-lab.js';

let lab: PlacesLab;
beforeAll(async () => {
  lab = await PlacesLab.create();
});
afterAll(() => lab.close());
beforeEach(() => lab.newPortfolio());

const granted = { kind: 'granted' };

describe('the messaging limit', () => {
  it('grants as many people as the tier has, and not one more', async () => {
    const decisions = await Promise.all(people(5).map((recipient) => lab.take(recipient)));
    expect(decisions.map(({ kind }) => kind)).toEqual(['granted', 'granted', 'granted', 'full', 'full']);
    expect(await lab.counted()).toEqual({ kept: 3, rows: 3 });
  });

  it('costs nothing for somebody who counts already, in the same group and later, also when it is used up', async () => {
    const [a = '', b = '', c = '', d = ''] = people(4);
    const decisions = await Promise.all([a, a, b, a, c].map((recipient) => lab.take(recipient)));
    expect(decisions.map(({ kind }) => kind)).toEqual(Array(5).fill('granted'));
    expect(await lab.take(d)).toMatchObject({ kind: 'full' });
    expect(await lab.take(b)).toEqual({ kind: 'granted', place: null });
    expect(await lab.counted()).toEqual({ kept: 3, rows: 3 });
  });

  it('grants exactly k of n to several workers at once', async () => {
    const workers = Array.from({ length: 3 }, () => {
      const postgres = new Postgres(lab.outbox.settings, new Log(lab.outbox.settings));
      return { postgres, places: new MessagingPlaces(postgres, new Log(lab.outbox.settings)) };
    });
    try {
      const decisions = await Promise.all(
        workers.flatMap((worker, index) =>
          // A third of the people are tried by every worker.
          [...people(100), ...people(200, 1000 * (index + 1))].map((recipient) =>
            worker.places
              .take({ portfolio: lab.portfolio, tier: 'TIER_250', recipient })
              .then((decision) => ({ recipient, decision })),
          ),
        ),
      );
      const people250 = new Set(
        decisions.flatMap(({ recipient, decision }) => (decision.kind === 'granted' ? [recipient] : [])),
      );
      expect(people250.size).toBe(250);
      expect(await lab.counted()).toEqual({ kept: 250, rows: 250 });
    } finally {
      await Promise.all(workers.map(({ postgres }) => postgres.onModuleDestroy()));
    }
  });

  it('counts somebody for a little more than 24 hours from the last message, not from the first', async () => {
    const [early = '', again = '', other = ''] = people(3);
    await lab.take(early, 'TIER_2');
    await lab.take(again, 'TIER_2');
    await lab.pass('23 hours');
    await lab.take(again, 'TIER_2');
    await lab.pass('1 hour');
    // 24 hours after the first: WhatsApp may have counted it a moment later than we did.
    expect(await lab.take(other, 'TIER_2')).toMatchObject({ kind: 'full' });
    await lab.pass('3 minutes');
    expect(await lab.take(other, 'TIER_2')).toMatchObject(granted);
    // `again` was sent to one hour ago.
    expect(await lab.take(early, 'TIER_2')).toMatchObject({ kind: 'full' });
    await lab.pass('23 hours');
    expect(await lab.take(early, 'TIER_2')).toMatchObject(granted);
    expect(COUNTS_FOR_S).toBeGreaterThan(24 * 3600);
  });

  it('is one for all numbers of a portfolio, and each portfolio has its own', async () => {
    await Promise.all(people(3).map((recipient) => lab.take(recipient)));
    expect(await lab.take('elsewhere')).toMatchObject({ kind: 'full' });
    expect(await lab.take('elsewhere', 'TIER_3', `${lab.portfolio}-other`)).toMatchObject(granted);
  });

  it('lets everybody through under an unlimited tier, and counts nothing', async () => {
    const decisions = await Promise.all(people(5).map((recipient) => lab.take(recipient, 'TIER_UNLIMITED')));
    expect(decisions).toEqual(Array(5).fill({ kind: 'granted', place: null }));
    expect(await lab.counted()).toEqual({ kept: 0, rows: 0 });
  });

  it('counts without a limit under a tier that is not known, so that the count is right when it is', async () => {
    await Promise.all(people(4).map((recipient) => lab.take(recipient, null)));
    expect(await lab.counted()).toEqual({ kept: 4, rows: 4 });
    expect(await lab.take('one more')).toMatchObject({ kind: 'full' });
  });

  it('may be lowered below what counts already, and raised again', async () => {
    await Promise.all(people(3).map((recipient) => lab.take(recipient)));
    expect(await lab.take('new', 'TIER_2')).toMatchObject({ kind: 'full' });
    expect(await lab.take('new', 'TIER_4')).toMatchObject(granted);
  });

  it('costs the same whether few or very many count', async () => {
    // One connection: the first call on a new one reads the catalogue, too, as does the first after ANALYZE.
    const client = await lab.outbox.postgres.pool.connect();
    const cost = async (): Promise<number> => {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM take_messaging_places($1, ARRAY[gen_random_uuid()::text],
           NULL, interval '1 day', interval '1 hour')`,
        [lab.portfolio],
      );
      const plan = rows[0]?.['QUERY PLAN'][0].Plan;
      return (plan?.['Shared Hit Blocks'] ?? NaN) + (plan?.['Shared Read Blocks'] ?? NaN);
    };
    try {
      await lab.take('first', null);
      await cost();
      const few = await cost();
      await lab.outbox.run(
        `WITH p AS (UPDATE messaging_portfolios SET recipients = recipients + 100000 WHERE portfolio = $1 RETURNING id)
         INSERT INTO messaging_recipients SELECT p.id, 'many' || n, now() + interval '20 hours' FROM p, generate_series(1, 100000) n`,
        [lab.portfolio],
      );
      await lab.outbox.run('ANALYZE messaging_recipients');
      await cost();
      const many = await cost();
      // The indexes are a few levels deeper, no more.
      expect(many).toBeLessThan(few + 60);
    } finally {
      client.release();
    }
  });
});

describe('an account whose business becomes known', () => {
  it('takes its count along into the portfolio, which counts nobody twice', async () => {
    const { tenantId, accountId } = await lab.outbox.sender();
    const { rows } = await lab.outbox.postgres.pool.query<{ portfolio: string }>(
      'SELECT portfolio FROM whatsapp_accounts WHERE id = $1',
      [accountId],
    );
    const own = rows[0]?.portfolio ?? '';
    for (const recipient of ['a', 'b']) await lab.take(recipient, 'TIER_3', own);
    for (const recipient of ['b', 'c']) await lab.take(recipient, 'TIER_3', `business:x${accountId}`);
    const business = { tenantId, accountId, businessId: `x${accountId}` };
    await setAccountBusiness(lab.outbox.postgres, business);
    await setAccountBusiness(lab.outbox.postgres, business);
    expect(await lab.counted(`business:x${accountId}`)).toEqual({ kept: 3, rows: 3 });
    expect(await lab.counted(own)).toEqual({ kept: 0, rows: 0 });
    await setAccountBusiness(lab.outbox.postgres, { ...business, businessId: 'other' });
    expect(await lab.counted(`business:x${accountId}`)).toEqual({ kept: 3, rows: 3 });
  });
});

describe('a busy portfolio', () => {
  it('holds up no other', async () => {
    await lab.take('a');
    const other = await lab.outbox.postgres.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM messaging_portfolios WHERE portfolio = $1 FOR UPDATE', [lab.portfolio]);
      let passed = false;
      const waiting = lab.take('b').then((decision) => {
        passed = true;
        return decision;
      });
      expect(await lab.take('b', 'TIER_3', `${lab.portfolio}-free`)).toMatchObject(granted);
      expect(passed).toBe(false);
      await other.query('COMMIT');
      expect(await waiting).toMatchObject(granted);
    } finally {
      other.release();
    }
  });

  it('drops very many expired people bit by bit, and counts right all the while', async () => {
    await lab.take('a', 'TIER_2500');
    await lab.outbox.run(
      `WITH p AS (UPDATE messaging_portfolios SET recipients = recipients + 2499 WHERE portfolio = $1 RETURNING id)
       INSERT INTO messaging_recipients SELECT p.id, 'old' || n, now() - interval '1 hour' FROM p, generate_series(1, 2499) n`,
      [lab.portfolio],
    );
    const [answer] = await takePlaces(lab.outbox.postgres, {
      portfolio: lab.portfolio,
      limit: 2500,
      recipients: ['b'],
      lookAheadMs: LONGEST_WAIT_MS,
    });
    expect(answer).toMatchObject({ isNew: true });
    const after = await lab.counted();
    expect(after.kept).toBe(after.rows);
    expect(after.kept).toBeLessThan(1600);
    expect(after.kept).toBeGreaterThan(1000);
  });
});
