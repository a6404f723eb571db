import { GAP_MS, SlotsLab } from './slots-lab.js';

const lab = new SlotsLab();
beforeAll(() => lab.ready());
afterAll(() => lab.close());

const factor = async (numberId: number): Promise<number> => (await lab.slots.state(numberId, 80))?.factor ?? NaN;
/** As if this much time had passed since the factor was set. */
const pass = (numberId: number, milliseconds: number): Promise<void> =>
  lab.age(numberId, ['factor_at', 'slowed'], milliseconds);
const gap = async (numberId: number): Promise<number> => {
  const [first = 0, second = 0] = await lab.departures(numberId, 2, { horizonMs: 5000 });
  return second - first;
};

describe('a number that WhatsApp refuses for its rate', () => {
  it('goes on at half of it', async () => {
    const numberId = await lab.number();
    expect(await factor(numberId)).toBe(1);
    await lab.slots.slowDown(numberId);
    expect(await factor(numberId)).toBeCloseTo(0.5, 1);
    const apart = await gap(numberId);
    expect(apart).toBeGreaterThan(1.9 * GAP_MS);
    expect(apart).toBeLessThan(2.01 * GAP_MS);
    expect((await lab.slots.state(numberId, 80))?.allowedPerSecond).toBeCloseTo(38, -1);
  });

  it('counts the refusals of one second once', async () => {
    const numberId = await lab.number();
    await Promise.all(Array.from({ length: 20 }, () => lab.slots.slowDown(numberId)));
    expect(await factor(numberId)).toBeCloseTo(0.5, 1);
    await pass(numberId, 1001);
    await lab.slots.slowDown(numberId);
    expect(await factor(numberId)).toBeCloseTo(0.26, 1);
  });

  it('is never slower than a twentieth', async () => {
    const numberId = await lab.number();
    for (let refusal = 0; refusal < 10; refusal += 1) {
      await lab.slots.slowDown(numberId);
      await lab.age(numberId, ['slowed'], 1001);
    }
    expect(await factor(numberId)).toBeGreaterThanOrEqual(0.05);
    expect(await factor(numberId)).toBeLessThan(0.08);
  });

  it('gets it back evenly, the whole of it in a minute', async () => {
    const numberId = await lab.number();
    await lab.slots.slowDown(numberId);
    await pass(numberId, 15_000);
    expect(await factor(numberId)).toBeCloseTo(0.75, 1);
    await pass(numberId, 14_000);
    expect(await factor(numberId)).toBeLessThan(1);
    await pass(numberId, 1000);
    expect(await factor(numberId)).toBe(1);
    expect(await gap(numberId)).toBeCloseTo(GAP_MS, 2);
  });
});

describe('a number that starts again', () => {
  it('does so at a tenth of its rate', async () => {
    const numberId = await lab.number();
    await lab.slots.restartGently(numberId);
    expect(await factor(numberId)).toBeGreaterThanOrEqual(0.1);
    expect(await factor(numberId)).toBeLessThan(0.13);
    await pass(numberId, 54_000);
    expect(await factor(numberId)).toBe(1);
  });

  it('does so with the first reservation after it was resumed, and with that alone', async () => {
    const numberId = await lab.number();
    const resumedAt = new Date(Date.now() - 600_000);
    // Redis was away at that moment, and nobody came for ten minutes.
    await lab.departures(numberId, 1, { resumedAt });
    expect(await factor(numberId)).toBeLessThan(0.13);
    await pass(numberId, 60_000);
    await lab.departures(numberId, 1, { resumedAt });
    expect(await factor(numberId)).toBe(1);
    await lab.departures(numberId, 1, { resumedAt: new Date() });
    expect(await factor(numberId)).toBeLessThan(0.13);
  });

  it('goes on when Redis was emptied long after that', async () => {
    const [recent, old] = [lab.newNumber(), lab.newNumber()];
    await lab.departures(recent, 1, { resumedAt: new Date() });
    await lab.departures(old, 1, { resumedAt: new Date(Date.now() - 3600_000) });
    expect(await factor(recent)).toBeLessThan(0.13);
    expect(await factor(old)).toBe(1);
  });
});
