import { FAULTS } from './faults.js';
import { LOAD_MS, planOf } from './plan.js';

describe('the plan of a run', () => {
  it('is the same for the same seed, and another for the next one', () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(planOf(8).sends).not.toEqual(planOf(7).sends);
  });

  it('keeps load and policies when the scenario is given, so that a fault can be left out to look for a cause', () => {
    const drawn = planOf(7);
    const calm = planOf(7, 'calm');
    expect(calm.faults).toEqual([]);
    expect({ ...calm, faults: drawn.faults, scenario: drawn.scenario, clocks: drawn.clocks }).toEqual(drawn);
  });

  it('draws every fault sooner or later, alone and in pairs, always within the load', () => {
    const plans = Array.from({ length: 150 }, (_, seed) => planOf(seed));
    const drawn = new Set(plans.flatMap(({ faults }) => faults.map(({ name }) => name)));
    expect([...drawn].sort()).toEqual(Object.keys(FAULTS).sort());
    expect(new Set(plans.map(({ faults }) => faults.length))).toEqual(new Set([1, 2]));
    for (const { atMs } of plans.flatMap(({ faults }) => faults)) {
      expect(atMs).toBeGreaterThan(0);
      expect(atMs).toBeLessThan(LOAD_MS);
    }
  });

  it('sets the clocks of two workers two minutes apart', () => {
    const [first = 0, second = 0, third] = planOf(1, 'skewed-clocks').clocks;
    expect(Math.abs(first - second)).toBe(120_000);
    expect(third).toBe(0);
  });

  it.each(['kill-nobody', 'kill-api+kill-api', 'kill-api+kill-worker+kill-redis', ''])('refuses %j', (scenario) => {
    expect(() => planOf(1, scenario)).toThrow(RangeError);
  });
});
