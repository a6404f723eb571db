import { LONGEST_WAIT_MS, MessagingPlaces, spread } from '../../src/delivery/tier/messaging-places.js';
import { COUNTS_FOR_S, takePlaces, type Place } from '../../src/delivery/tier/places.js';
import { Postgres } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { setAccountBusiness } from '../../src/whatsapp/connection/observed-numbers.js';
import { Outbox } from './outbox.js';

let outbox: Outbox;
let places: MessagingPlaces;
beforeAll(async () => {
  outbox = await Outbox.create();
  places = new MessagingPlaces(outbox.postgres, new Log(outbox.settings));
});
afterAll(() => outbox.close());

let portfolio: string;
let numbered = 0;
beforeEach(() => {
  numbered += 1;
  portfolio = `business:${numbered}`;
});

const take = (recipient: string, tier: string | null = 'TIER_3', of = portfolio) =>
  places.take({ portfolio: of, tier, recipient });
const granted = { kind: 'granted' };
const people = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => `2010${from + n}`);

/** The kept count, and the rows that it stands for. */
async function counted(of = portfolio): Promise<{ kept: number; rows: number }> {
  const { rows } = await outbox.postgres.pool.query<{ kept: number; rows: number }>(
    `SELECT p.recipients AS kept, (SELECT count(*)::int FROM messaging_recipients r WHERE r.portfolio_id = p.id) AS rows
       FROM messaging_portfolios p WHERE p.portfolio = $1`,
    [of],
  );
  return rows[0] ?? { kept: 0, rows: 0 };
}

/** As if this much time had passed, by moving what is stored. */
const pass = (interval: string): Promise<void> =>
  outbox.run(
    `WITH p AS (UPDATE messaging_portfolios SET promised_until = promised_until - $2::interval
                 WHERE portfolio = $1 RETURNING id)
     UPDATE messaging_recipients r SET expires_at = expires_at - $2::interval FROM p WHERE r.portfolio_id = p.id`,
    [portfolio, interval],
  );

const placeOf = async (recipient: string, tier = 'TIER_3'): Promise<Place> => {
  const decision = await take(recipient, tier);
  if (decision.kind !== 'granted' || !decision.place) throw new Error('no new place was taken');
  return decision.place;
};

describe('the messaging limit', () => {
  it('grants as many people as the tier has, and not one more', async () => {
    const decisions = await Promise.all(people(5).map((recipient) => take(recipient)));
    expect(decisions.map(({ kind }) => kind)).toEqual(['granted', 'granted', 'granted', 'full', 'full']);
    expect(await counted()).toEqual({ kept: 3, rows: 3 });
  });

  it('costs nothing for somebody who counts already, in the same group and later, also when it is used up', async () => {
    const [a = '', b = '', c = '', d = ''] = people(4);
    const decisions = await Promise.all([a, a, b, a, c].map((recipient) => take(recipient)));
    expect(decisions.map(({ kind }) => kind)).toEqual(Array(5).fill('granted'));
    expect(await take(d)).toMatchObject({ kind: 'full' });
    expect(await take(b)).toEqual({ kind: 'granted', place: null });
    expect(await counted()).toEqual({ kept: 3, rows: 3 });
  });

  it('grants exactly k of n to several workers at once', async () => {
    const workers = Array.from({ length: 3 }, () => {
      const postgres = new Postgres(outbox.settings, new Log(outbox.settings));
      return { postgres, places: new MessagingPlaces(postgres, new Log(outbox.settings)) };
    });
    try {
      const decisions = await Promise.all(
        workers.flatMap((worker, index) =>
          // A third of the people are tried by every worker.
          [...people(100), ...people(200, 1000 * (index + 1))].map((recipient) =>
            worker.places
              .take({ portfolio, tier: 'TIER_250', recipient })
              .then((decision) => ({ recipient, decision })),
          ),
        ),
      );
      const people250 = new Set(
        decisions.flatMap(({ recipient, decision }) => (decision.kind === 'granted' ? [recipient] : [])),
      );
      expect(people250.size).toBe(250);
      expect(await counted()).toEqual({ kept: 250, rows: 250 });
    } finally {
      await Promise.all(workers.map(({ postgres }) => postgres.onModuleDestroy()));
    }
  });

  it('counts somebody for a little more than 24 hours from the last message, not from the first', async () => {
    const [early = '', again = '', other = ''] = people(3);
    await take(early, 'TIER_2');
    await take(again, 'TIER_2');
    await pass('23 hours');
    await take(again, 'TIER_2');
    await pass('1 hour');
    // 24 hours after the first: WhatsApp may have counted it a moment later than we did.
    expect(await take(other, 'TIER_2')).toMatchObject({ kind: 'full' });
    await pass('3 minutes');
    expect(await take(other, 'TIER_2')).toMatchObject(granted);
    // `again` was sent to one hour ago.
    expect(await take(early, 'TIER_2')).toMatchObject({ kind: 'full' });
    await pass('23 hours');
    expect(await take(early, 'TIER_2')).toMatchObject(granted);
    expect(COUNTS_FOR_S).toBeGreaterThan(24 * 3600);
  });

  it('is one for all numbers of a portfolio, and each portfolio has its own', async () => {
    await Promise.all(people(3).map((recipient) => take(recipient)));
    expect(await take('elsewhere')).toMatchObject({ kind: 'full' });
    expect(await take('elsewhere', 'TIER_3', `${portfolio}-other`)).toMatchObject(granted);
  });

  it('lets everybody through under an unlimited tier, and counts nothing', async () => {
    const decisions = await Promise.all(people(5).map((recipient) => take(recipient, 'TIER_UNLIMITED')));
    expect(decisions).toEqual(Array(5).fill({ kind: 'granted', place: null }));
    expect(await counted()).toEqual({ kept: 0, rows: 0 });
  });

  it('counts without a limit under a tier that is not known, so that the count is right when it is', async () => {
    await Promise.all(people(4).map((recipient) => take(recipient, null)));
    expect(await counted()).toEqual({ kept: 4, rows: 4 });
    expect(await take('one more')).toMatchObject({ kind: 'full' });
  });

  it('may be lowered below what counts already, and raised again', async () => {
    await Promise.all(people(3).map((recipient) => take(recipient)));
    expect(await take('new', 'TIER_2')).toMatchObject({ kind: 'full' });
    expect(await take('new', 'TIER_4')).toMatchObject(granted);
  });

  it('costs the same whether few or very many count', async () => {
    // One connection: the first call on a new one reads the catalogue, too, as does the first after ANALYZE.
    const client = await outbox.postgres.pool.connect();
    const cost = async (): Promise<number> => {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM take_messaging_places($1, ARRAY[gen_random_uuid()::text],
           NULL, interval '1 day', interval '1 hour')`,
        [portfolio],
      );
      const plan = rows[0]?.['QUERY PLAN'][0].Plan;
      return (plan?.['Shared Hit Blocks'] ?? NaN) + (plan?.['Shared Read Blocks'] ?? NaN);
    };
    try {
      await take('first', null);
      await cost();
      const few = await cost();
      await outbox.run(
        `WITH p AS (UPDATE messaging_portfolios SET recipients = recipients + 100000 WHERE portfolio = $1 RETURNING id)
         INSERT INTO messaging_recipients SELECT p.id, 'many' || n, now() + interval '20 hours' FROM p, generate_series(1, 100000) n`,
        [portfolio],
      );
      await outbox.run('ANALYZE messaging_recipients');
      await cost();
      const many = await cost();
      // The indexes are a few levels deeper, no more.
      expect(many).toBeLessThan(few + 60);
    } finally {
      client.release();
    }
  });
});

describe('without a place', () => {
  const waits = async (count: number, tier = 'TIER_3'): Promise<number[]> => {
    const decisions = await Promise.all(people(count, 500).map((recipient) => take(recipient, tier)));
    return decisions.map((decision) => (decision.kind === 'full' ? decision.waitMs : NaN));
  };

  it('a message waits until the oldest place comes free, the next one for the next place', async () => {
    await take('a');
    await pass('5 minutes');
    await take('b');
    await pass('5 minutes');
    await take('c');
    await pass('23 hours 30 minutes');
    const found = await waits(2);
    const minutes = found.map((wait) => wait / 60_000);
    // 24 h and 2 min, less 23 h 40 min; and five minutes later.
    expect(minutes[0]).toBeGreaterThan(21.9);
    expect(minutes[0]).toBeLessThan(22.1);
    expect(minutes[1]).toBeGreaterThan(26.9);
    expect(minutes[1]).toBeLessThan(27.1);
  });

  it('a message looks again within the hour at the latest, and not all in the same moment', async () => {
    await Promise.all(people(3).map((recipient) => take(recipient)));
    const found = await waits(20);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(LONGEST_WAIT_MS / 2);
    expect(Math.max(...found)).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    expect(new Set(found).size).toBeGreaterThan(10);
  });

  it('a place is promised once', async () => {
    await Promise.all(people(3).map((recipient) => take(recipient)));
    await pass('23 hours 59 minutes');
    const minutes = (await waits(4)).map((wait) => wait / 60_000);
    expect(Math.max(...minutes.slice(0, 3))).toBeLessThan(4);
    expect(minutes[3]).toBeGreaterThanOrEqual(30);
    expect((await waits(1)).map((wait) => wait / 60_000)[0]).toBeGreaterThanOrEqual(30);
  });

  it.each([
    [null, 0, LONGEST_WAIT_MS / 2],
    [null, 1, LONGEST_WAIT_MS],
    [0, 0, 0],
    [60_000, 0.5, 60_500],
    [LONGEST_WAIT_MS, 1, LONGEST_WAIT_MS],
  ])('a wait of %p with chance %p is %p ms', (wait, random, expected) => {
    expect(spread(wait, random)).toBe(expected);
  });
});

describe('a place that was taken for nothing', () => {
  it('is free again when it is given back, once', async () => {
    const place = await placeOf('a', 'TIER_1');
    expect(await take('b', 'TIER_1')).toMatchObject({ kind: 'full' });
    await places.giveBack(place);
    await places.giveBack(place);
    expect(await counted()).toEqual({ kept: 0, rows: 0 });
    expect(await take('b', 'TIER_1')).toMatchObject(granted);
  });

  it('stays when somebody else has sent to the same person since', async () => {
    const place = await placeOf('a');
    expect(await take('a')).toEqual({ kind: 'granted', place: null });
    await places.giveBack(place);
    expect(await counted()).toEqual({ kept: 1, rows: 1 });
  });

  it('is nobody else’s: one of two in a group is told that it is new', async () => {
    const decisions = await Promise.all([take('a'), take('a')]);
    expect(decisions.filter((decision) => decision.kind === 'granted' && decision.place !== null)).toHaveLength(1);
  });

  it('counts until its time is over when the database is away', async () => {
    const postgres = new Postgres(outbox.settings, new Log(outbox.settings));
    const away = new MessagingPlaces(postgres, new Log({ ...outbox.settings, LOG_LEVEL: 'silent' }));
    await postgres.onModuleDestroy();
    const place = await placeOf('a');
    await expect(away.giveBack(place)).resolves.toBeUndefined();
    await expect(away.take({ portfolio, tier: 'TIER_3', recipient: 'b' })).rejects.toThrow();
    expect(await counted()).toEqual({ kept: 1, rows: 1 });
  });
});

describe('an account whose business becomes known', () => {
  it('takes its count along into the portfolio, which counts nobody twice', async () => {
    const { tenantId, accountId } = await outbox.sender();
    const { rows } = await outbox.postgres.pool.query<{ portfolio: string }>(
      'SELECT portfolio FROM whatsapp_accounts WHERE id = $1',
      [accountId],
    );
    const own = rows[0]?.portfolio ?? '';
    for (const recipient of ['a', 'b']) await take(recipient, 'TIER_3', own);
    for (const recipient of ['b', 'c']) await take(recipient, 'TIER_3', `business:x${accountId}`);
    const business = { tenantId, accountId, businessId: `x${accountId}` };
    await setAccountBusiness(outbox.postgres, business);
    await setAccountBusiness(outbox.postgres, business);
    expect(await counted(`business:x${accountId}`)).toEqual({ kept: 3, rows: 3 });
    expect(await counted(own)).toEqual({ kept: 0, rows: 0 });
    await setAccountBusiness(outbox.postgres, { ...business, businessId: 'other' });
    expect(await counted(`business:x${accountId}`)).toEqual({ kept: 3, rows: 3 });
  });
});

describe('a busy portfolio', () => {
  it('holds up no other', async () => {
    await take('a');
    const other = await outbox.postgres.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM messaging_portfolios WHERE portfolio = $1 FOR UPDATE', [portfolio]);
      let passed = false;
      const waiting = take('b').then((decision) => {
        passed = true;
        return decision;
      });
      expect(await take('b', 'TIER_3', `${portfolio}-free`)).toMatchObject(granted);
      expect(passed).toBe(false);
      await other.query('COMMIT');
      expect(await waiting).toMatchObject(granted);
    } finally {
      other.release();
    }
  });

  it('drops very many expired people bit by bit, and counts right all the while', async () => {
    await take('a', 'TIER_2500');
    await outbox.run(
      `WITH p AS (UPDATE messaging_portfolios SET recipients = recipients + 2499 WHERE portfolio = $1 RETURNING id)
       INSERT INTO messaging_recipients SELECT p.id, 'old' || n, now() - interval '1 hour' FROM p, generate_series(1, 2499) n`,
      [portfolio],
    );
    const [answer] = await takePlaces(outbox.postgres, {
      portfolio,
      limit: 2500,
      recipients: ['b'],
      lookAheadMs: LONGEST_WAIT_MS,
    });
    expect(answer).toMatchObject({ isNew: true });
    const after = await counted();
    expect(after.kept).toBe(after.rows);
    expect(after.kept).toBeLessThan(1600);
    expect(after.kept).toBeGreaterThan(1000);
  });
});
