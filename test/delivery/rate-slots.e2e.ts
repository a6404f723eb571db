import { LATE_AFTER_MS, RateSlots } from '../../src/platform/queue/rate-slots.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { baseEnvironment } from '../support/environment.js';
import { busiest, departuresOf, GAP_MS, IN_HORIZON, NO_HISTORY, SlotsLab } from './slots-lab.js';

const lab = new SlotsLab();
beforeAll(() => lab.ready());
afterAll(() => lab.close());

const room = (numberId: number): Promise<number> => lab.slots.room({ numberId, ratePerSecond: 80 });

describe('rate slots', () => {
  it('let the first message of an idle number leave at once', async () => {
    const numberId = await lab.number();
    const before = await lab.now();
    const [departure = 0] = await lab.departures(numberId, 1);
    expect(departure).toBeGreaterThanOrEqual(before);
    expect(departure).toBeLessThanOrEqual(await lab.now());
  });

  it('lie evenly apart, at 95% of what WhatsApp allows', async () => {
    const departures = await lab.departures(await lab.number(), 10);
    const gaps = departures.slice(1).map((departure, index) => departure - (departures[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(GAP_MS, 2);
  });

  it('are granted as far as the horizon, not one further', async () => {
    const numberId = await lab.number();
    const places = await lab.places(numberId, lab.strangers(200));
    const departures = departuresOf(places);
    // One departure in 13.158 ms: 37 of them reach 486.8 ms after the first, one more would lie at 500.004 ms.
    expect(departures).toHaveLength(IN_HORIZON);
    expect(places.slice(IN_HORIZON)).toEqual(Array(200 - IN_HORIZON).fill({ kind: 'no_room' }));
    expect((departures.at(-1) ?? 0) - (departures[0] ?? 0)).toBeLessThanOrEqual(500);
    expect(await lab.departures(numberId, 1, { horizonMs: 0 })).toEqual([]);
  });

  it('can be looked at without being taken', async () => {
    const numberId = await lab.number();
    expect([await room(numberId), await room(numberId)]).toEqual([IN_HORIZON, IN_HORIZON]);
    const before = await lab.now();
    await lab.departures(numberId, 9);
    const left = await room(numberId);
    const passed = Math.ceil(((await lab.now()) - before) / GAP_MS);
    expect(left).toBeGreaterThanOrEqual(IN_HORIZON - 9);
    expect(left).toBeLessThanOrEqual(IN_HORIZON - 9 + passed);
  });

  it.each([1, 5, 20, 80, 1000])(
    'never exceed %i in any second, even when every job is as late as it may be',
    async (rate) => {
      const numberId = await lab.number();
      const departures: number[] = [];
      for (let round = 0; round < 6; round += 1) {
        const request = { ratePerSecond: rate, horizonMs: 500 * (round + 1) };
        const granted = await Promise.all([1, 2, 3].map(() => lab.departures(numberId, 700, request)));
        departures.push(...granted.flat());
      }
      expect(new Set(departures).size).toBe(departures.length);
      expect(busiest(departures, 1000 + LATE_AFTER_MS)).toBeLessThanOrEqual(rate);
      if (rate >= 20) expect(busiest(departures, 1000)).toBeGreaterThanOrEqual(Math.floor(rate * 0.95));
    },
  );

  it('of different numbers do not touch each other', async () => {
    const [busy, idle] = [await lab.number(), await lab.number()];
    await lab.departures(busy, 1000);
    expect(await lab.departures(idle, IN_HORIZON)).toHaveLength(IN_HORIZON);
  });

  it('are used up by what else the number does', async () => {
    const numberId = await lab.number();
    const [first = 0] = await lab.departures(numberId, 1);
    await lab.slots.charge(numberId, 80, 30);
    const [next = 0] = await lab.departures(numberId, 1, { horizonMs: 5000 });
    expect(next - first).toBeCloseTo(31 * GAP_MS, 0);
  });

  it('are kept back by that for a second at most: it has happened already', async () => {
    const numberId = await lab.number();
    await lab.slots.charge(numberId, 80, 1000);
    const [next = 0] = await lab.departures(numberId, 1, { horizonMs: 60_000 });
    const wait = next - (await lab.now());
    expect(wait).toBeLessThanOrEqual(1000);
    expect(wait).toBeGreaterThan(700);
  });

  it('are held back when WhatsApp says wait', async () => {
    const numberId = await lab.number();
    await lab.slots.hold(numberId, 60_000);
    expect(await lab.departures(numberId, 1)).toEqual([]);
    expect(await lab.places(numberId, lab.strangers(1, true))).toEqual([{ kind: 'no_room' }]);
    const [departure = 0] = await lab.departures(numberId, 1, { horizonMs: 61_000 });
    expect(departure - (await lab.now())).toBeGreaterThan(59_000);
    const state = await lab.slots.state(numberId, 80);
    expect((state?.heldUntil ?? 0) - (await lab.now())).toBeGreaterThan(59_000);
  });

  it('leave the time that the caller needs, and no more when the number is busy anyway', async () => {
    const numberId = await lab.number();
    const before = await lab.now();
    const [first = 0, second = 0] = await lab.departures(numberId, 2, { leadMs: 100 });
    expect(first - before).toBeGreaterThanOrEqual(100);
    const [third = 0] = await lab.departures(numberId, 1, { leadMs: 10 });
    expect(third - second).toBeCloseTo(second - first, 2);
  });
});

describe('renewed slots', () => {
  const one = { recipient: 'one', urgent: false };
  const late = (recipient: string, departedAt: number) => ({ recipient, departedAt });

  it('are charged to the number as any other', async () => {
    const numberId = await lab.number();
    const [first = 0] = await lab.departures(numberId, 1);
    const { departures } = await lab.slots.renew({ numberId, ratePerSecond: 80 }, [late('one', first)]);
    const [next = 0] = await lab.departures(numberId, 1);
    // More when the machine paused between the two.
    expect(next - (departures[0] ?? 0)).toBeGreaterThan(GAP_MS - 0.005);
  });

  it('cost their pair what it has recovered since: nothing for the moment that they are late, but one for six seconds', async () => {
    const kinds = async (lateMs: number): Promise<string[]> => {
      const numberId = await lab.number();
      const horizonMs = 20_000;
      const places = departuresOf(await lab.places(numberId, Array<typeof one>(44).fill(one), { horizonMs }));
      // As if the first of them had been due that long before its new departure.
      const [first = 0] = places;
      await lab.slots.renew({ numberId, ratePerSecond: 80, horizonMs }, [late('one', first + 44 * GAP_MS - lateMs)]);
      return (await lab.places(numberId, [one, one], { horizonMs })).map(({ kind }) => kind);
    };
    expect(await kinds(0)).toEqual(['departs', 'pair_full']);
    expect(await kinds(6000)).toEqual(['pair_full', 'pair_full']);
    // No more than the one, however late it is.
    expect(await kinds(60_000)).toEqual(['pair_full', 'pair_full']);
  });

  it('are not to be had where the pair has no room for what is late', async () => {
    const numberId = await lab.number();
    const horizonMs = 20_000;
    const places = departuresOf(await lab.places(numberId, Array<typeof one>(45).fill(one), { horizonMs }));
    const [first = 0] = places;
    const { departures } = await lab.slots.renew({ numberId, ratePerSecond: 80, horizonMs }, [
      late('one', first - 60_000),
      late('another', first),
    ]);
    expect(departures[0]).toBeNull();
    expect(departures[1]).toEqual(expect.any(Number));
  });
});

describe('a number of which Redis knows nothing', () => {
  it('starts a second later, and all it reserves then lies within the horizon after that', async () => {
    const numberId = lab.newNumber();
    const before = await lab.now();
    const departures = await lab.departures(numberId, 1000);
    expect((departures[0] ?? 0) - before).toBeGreaterThanOrEqual(1000);
    expect((departures[0] ?? 0) - (await lab.now())).toBeLessThanOrEqual(1000);
    expect(departures).toHaveLength(IN_HORIZON);
  });

  it('begins a new epoch when Redis was emptied: slots from before are outdated', async () => {
    const numberId = await lab.number();
    const before = await lab.slots.renew({ numberId, ratePerSecond: 80 }, []);
    expect(lab.slots.isOutdated(numberId, before.epoch)).toBe(false);
    await lab.redis.commands.unlink(lab.key(numberId));
    const after = await lab.slots.renew({ numberId, ratePerSecond: 80 }, []);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(lab.slots.isOutdated(numberId, before.epoch)).toBe(true);
    expect(lab.slots.isOutdated(numberId, after.epoch)).toBe(false);
  });

  it('has no state, and looking for one makes none', async () => {
    const numberId = lab.newNumber();
    expect(await lab.slots.state(numberId, 80)).toBeNull();
    expect(await lab.redis.commands.exists(lab.key(numberId))).toBe(0);
  });
});

describe('the backlog of a number', () => {
  it('keeps new messages back, not the feeder', async () => {
    const numberId = await lab.number();
    await lab.slots.markBacklog(numberId, 5000);
    expect(await lab.departures(numberId, 3, { respectBacklog: true })).toEqual([]);
    expect(await lab.departures(numberId, 3)).toHaveLength(3);
    await lab.slots.clearBacklog(numberId);
    expect(await lab.departures(numberId, 3, { respectBacklog: true })).toHaveLength(3);
  });

  it('is marked, for a while, when not everything fitted', async () => {
    const numberId = await lab.number();
    await lab.departures(numberId, IN_HORIZON, { markBacklogMs: 4000 });
    expect(await lab.redis.commands.pttl(lab.key(numberId, 'backlog'))).toBe(-2);
    await lab.departures(numberId, IN_HORIZON, { markBacklogMs: 4000 });
    const left = await lab.redis.commands.pttl(lab.key(numberId, 'backlog'));
    expect(left).toBeGreaterThan(3000);
    expect(left).toBeLessThanOrEqual(4000);
  });
});

describe('the time until a departure', () => {
  it("is told by Redis' clock", async () => {
    const asked = performance.now();
    const wait = lab.slots.untilDeparture(1, (await lab.now()) + 500) ?? NaN;
    expect(wait).toBeGreaterThan(450 - (performance.now() - asked));
    expect(wait).toBeLessThanOrEqual(501);
  });

  it('is not known to a process that has not heard from Redis', () => {
    const unheard = new RateSlots(lab.redis, NO_HISTORY, readSettings(baseEnvironment()));
    expect(unheard.untilDeparture(1, Date.now())).toBeUndefined();
  });
});
