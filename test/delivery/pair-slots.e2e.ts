import { departuresOf, GAP_MS, SlotsLab } from './slots-lab.js';

const BURST = 45;
const INTERVAL_MS = 6000;

const lab = new SlotsLab();
beforeAll(() => lab.ready());
afterAll(() => lab.close());

const FAST = { ratePerSecond: 1000 };
const to = (recipient: string, count = 1) => Array.from({ length: count }, () => ({ recipient, urgent: false }));
/** As if `milliseconds` had passed for the pair. */
async function rest(numberId: number, recipient: string, milliseconds: number): Promise<void> {
  await lab.redis.commands.decrby(lab.key(numberId, `pair:${recipient}`), milliseconds * 1000);
}

describe('a pair of number and recipient', () => {
  it('has a burst of 45; the 46th comes back with the time until it may leave', async () => {
    const numberId = await lab.number();
    const places = await lab.places(numberId, to('a', BURST + 1), FAST);
    const departures = departuresOf(places);
    expect(departures).toHaveLength(BURST);
    const [full] = places.slice(BURST);
    if (full?.kind !== 'pair_full') throw new Error('the 46th was not held back');
    expect(Math.abs((departures[0] ?? 0) + INTERVAL_MS - (await lab.now()) - full.waitMs)).toBeLessThan(50);
  });

  it('has room for one more after six seconds, not before', async () => {
    const numberId = await lab.number();
    await lab.places(numberId, to('a', BURST), FAST);
    await rest(numberId, 'a', INTERVAL_MS - 500);
    expect(await lab.places(numberId, to('a'), FAST)).toMatchObject([{ kind: 'pair_full' }]);
    await rest(numberId, 'a', 500);
    const places = await lab.places(numberId, to('a', 2), FAST);
    expect(places.map(({ kind }) => kind)).toEqual(['departs', 'pair_full']);
  });

  it('that is full costs the number nothing, and stops nobody else', async () => {
    const numberId = await lab.number();
    await lab.slots.holdPair(numberId, 'full', 60_000);
    const mixed = [...to('x'), ...to('full', 20), ...to('y'), ...to('full'), ...to('z')];
    const places = await lab.places(numberId, mixed);
    expect(places.map(({ kind }) => kind)).toEqual([
      'departs',
      ...Array<string>(20).fill('pair_full'),
      'departs',
      'pair_full',
      'departs',
    ]);
    const [x = 0, y = 0, z = 0] = departuresOf(places);
    expect(y - x).toBeCloseTo(GAP_MS, 2);
    expect(z - y).toBeCloseTo(GAP_MS, 2);
  });

  it('that is full does not mark the number as having a backlog', async () => {
    const numberId = await lab.number();
    await lab.slots.holdPair(numberId, 'full', 60_000);
    await lab.places(numberId, to('full', 3), { markBacklogMs: 4000 });
    expect(await lab.redis.commands.exists(lab.key(numberId, 'backlog'))).toBe(0);
  });

  it('tells those that come together one time after the other', async () => {
    const numberId = await lab.number();
    await lab.slots.holdPair(numberId, 'a', 10_000);
    const places = await lab.places(numberId, to('a', 3));
    const waits = places.map((place) => (place.kind === 'pair_full' ? place.waitMs : NaN));
    expect(waits[0]).toBeGreaterThan(9900);
    expect(waits[0]).toBeLessThanOrEqual(10_000);
    expect(waits.map((wait) => wait - (waits[0] ?? 0))).toEqual([0, INTERVAL_MS, 2 * INTERVAL_MS]);
  });

  it('touches neither another recipient nor another number', async () => {
    const [one, other] = [await lab.number(), await lab.number()];
    await lab.places(one, to('a', BURST), FAST);
    expect(departuresOf(await lab.places(one, to('b', BURST), FAST))).toHaveLength(BURST);
    expect(departuresOf(await lab.places(other, to('a', BURST), FAST))).toHaveLength(BURST);
  });

  it('is forgotten as soon as it is unused again', async () => {
    const numberId = await lab.number();
    await lab.places(numberId, to('a', 2), FAST);
    const left = await lab.redis.commands.pttl(lab.key(numberId, 'pair:a'));
    expect(left).toBeGreaterThan(2 * INTERVAL_MS - 500);
    expect(left).toBeLessThanOrEqual(2 * INTERVAL_MS + 1);
  });

  it('that WhatsApp refused is held for as long as it says, then leaves one in six seconds', async () => {
    const numberId = await lab.number();
    await lab.slots.holdPair(numberId, 'a', 4000);
    await rest(numberId, 'a', 3500);
    expect(await lab.places(numberId, to('a'), FAST)).toMatchObject([{ kind: 'pair_full' }]);
    await rest(numberId, 'a', 500);
    const places = await lab.places(numberId, to('a', 2), FAST);
    expect(places.map(({ kind }) => kind)).toEqual(['departs', 'pair_full']);
    expect(await lab.departures(numberId, 1)).toHaveLength(1);
  });

  it('is not let go sooner by a shorter hold', async () => {
    const numberId = await lab.number();
    await lab.slots.holdPair(numberId, 'a', 60_000);
    await lab.slots.holdPair(numberId, 'a', 1000);
    const [place] = await lab.places(numberId, to('a'));
    expect(place?.kind === 'pair_full' && place.waitMs).toBeGreaterThan(59_000);
  });
});
