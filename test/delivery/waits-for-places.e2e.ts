import { LONGEST_WAIT_MS, spread } from '../../src/delivery/tier/messaging-places.js';
import { people, PlacesLab } from './places-lab.js';

let lab: PlacesLab;
beforeAll(async () => {
  lab = await PlacesLab.create();
});
afterAll(() => lab.close());
beforeEach(() => lab.newPortfolio());

describe('without a place', () => {
  const waits = async (count: number, tier = 'TIER_3'): Promise<number[]> => {
    const decisions = await Promise.all(people(count, 500).map((recipient) => lab.take(recipient, tier)));
    return decisions.map((decision) => (decision.kind === 'full' ? decision.waitMs : NaN));
  };

  it('a message waits until the oldest place comes free, the next one for the next place', async () => {
    await lab.take('a');
    await lab.pass('5 minutes');
    await lab.take('b');
    await lab.pass('5 minutes');
    await lab.take('c');
    await lab.pass('23 hours 30 minutes');
    const found = await waits(2);
    const minutes = found.map((wait) => wait / 60_000);
    // 24 h and 2 min, less 23 h 40 min; and five minutes later.
    expect(minutes[0]).toBeGreaterThan(21.9);
    expect(minutes[0]).toBeLessThan(22.1);
    expect(minutes[1]).toBeGreaterThan(26.9);
    expect(minutes[1]).toBeLessThan(27.1);
  });

  it('a message looks again within the hour at the latest, and not all in the same moment', async () => {
    await Promise.all(people(3).map((recipient) => lab.take(recipient)));
    const found = await waits(20);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(LONGEST_WAIT_MS / 2);
    expect(Math.max(...found)).toBeLessThanOrEqual(LONGEST_WAIT_MS);
    expect(new Set(found).size).toBeGreaterThan(10);
  });

  it('a place is promised once', async () => {
    await Promise.all(people(3).map((recipient) => lab.take(recipient)));
    await lab.pass('23 hours 59 minutes');
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
