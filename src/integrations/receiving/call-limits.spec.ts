import { jest } from '@jest/globals';
import { Settings } from '../../platform/config/settings.js';
import { CallLimits } from './call-limits.js';

const limits = () => new CallLimits(Object.assign(new Settings(), { STORE_CALLS_PER_MINUTE: 60 }));

function refusal(calls: () => void): unknown {
  try {
    calls();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("the limit of a listener's calls", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it("lets a quiet listener have a minute's calls at once, and then one for each that has passed", () => {
    const of = limits();
    for (let call = 0; call < 60; call += 1) of.count(1);
    expect(refusal(() => of.count(1))).toMatchObject({ status: 429, details: { retry_after: 1 } });
    jest.advanceTimersByTime(999);
    expect(refusal(() => of.count(1))).toMatchObject({ status: 429 });
    jest.advanceTimersByTime(1);
    of.count(1);
    expect(refusal(() => of.count(1))).toMatchObject({ status: 429 });
    jest.advanceTimersByTime(3_600_000);
    for (let call = 0; call < 60; call += 1) of.count(1);
    expect(refusal(() => of.count(1))).toMatchObject({ status: 429 });
  });

  it('of one listener costs another nothing', () => {
    const of = limits();
    for (let call = 0; call < 60; call += 1) of.count(1);
    expect(refusal(() => of.count(2))).toBeUndefined();
  });
});
