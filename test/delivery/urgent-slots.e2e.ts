import { busiest, departuresOf, GAP_MS, IN_HORIZON, SlotsLab } from './slots-lab.js';

const lab = new SlotsLab();
beforeAll(() => lab.ready());
afterAll(() => lab.close());

describe('one-time codes', () => {
  it('leave within a second although the horizon is given away and the backlog waits', async () => {
    const numberId = await lab.number();
    await lab.slots.markBacklog(numberId, 5000);
    expect(await lab.departures(numberId, 200)).toHaveLength(IN_HORIZON);
    const [code] = departuresOf(await lab.places(numberId, lab.strangers(1, true), { respectBacklog: true }));
    expect((code ?? Infinity) - (await lab.now())).toBeLessThanOrEqual(500 + GAP_MS);
  });

  it('push the others back', async () => {
    const numberId = await lab.number();
    await lab.departures(numberId, 5);
    const [code = 0] = departuresOf(await lab.places(numberId, lab.strangers(1, true)));
    const [next = 0] = await lab.departures(numberId, 1);
    expect(next - code).toBeCloseTo(GAP_MS, 2);
  });

  it('have at most every second departure, and the others have the rest', async () => {
    const numberId = await lab.number();
    const codes = departuresOf(await lab.places(numberId, lab.strangers(100, true)));
    // One in 26.316 ms within a second: 37 of them reach 973.7 ms after the first, one more would lie at 1,000.008 ms.
    expect(codes).toHaveLength(IN_HORIZON);
    expect(busiest(codes, 1000)).toBeLessThanOrEqual(40);
    const others = await lab.departures(numberId, 100);
    expect(others.length).toBeGreaterThanOrEqual(IN_HORIZON / 2 - 1);
    expect(busiest([...codes, ...others], 500)).toBe(IN_HORIZON);
    const all = [...codes, ...others].sort((a, b) => a - b);
    for (const [index, departure] of all.slice(1).entries()) {
      expect(departure - (all[index] ?? 0)).toBeGreaterThanOrEqual(GAP_MS - 0.01);
    }
  });

  it('beyond a second are left to the feeder', async () => {
    const numberId = await lab.number();
    const codes = departuresOf(await lab.places(numberId, lab.strangers(100, true)));
    expect((codes.at(-1) ?? Infinity) - (await lab.now())).toBeLessThanOrEqual(1000);
    expect(await lab.slots.room({ numberId, ratePerSecond: 80, urgent: true })).toBeLessThanOrEqual(5);
  });

  it('heed their pair like any other', async () => {
    const numberId = await lab.number();
    await lab.slots.holdPair(numberId, 'a', 30_000);
    expect(await lab.places(numberId, [{ recipient: 'a', urgent: true }])).toMatchObject([{ kind: 'pair_full' }]);
  });
});
