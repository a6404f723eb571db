import { Lead } from './lead.js';

describe('how long before a departure a step begins', () => {
  const after = (took: number): number => {
    const lead = new Lead();
    for (let step = 0; step < 200; step += 1) lead.took(took);
    return lead.milliseconds;
  };

  it('is twice what the step took lately', () => {
    expect(after(12)).toBeCloseTo(24, 3);
  });

  it('stays within bounds', () => {
    expect(after(0)).toBe(2);
    expect(after(500)).toBe(60);
  });
});
