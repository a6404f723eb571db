import fc from 'fast-check';
import { readPreference } from './prefer.js';

describe('Prefer', () => {
  it.each([
    [undefined, { waitMs: 5000 }],
    ['', { waitMs: 5000 }],
    ['respond-async', { waitMs: 0, applied: 'respond-async' }],
    ['Respond-Async', { waitMs: 0, applied: 'respond-async' }],
    ['wait=0', { waitMs: 0, applied: 'wait=0' }],
    ['wait=1', { waitMs: 1000, applied: 'wait=1' }],
    ['wait=30', { waitMs: 30_000, applied: 'wait=30' }],
    ['wait=31', { waitMs: 30_000, applied: 'wait=30' }],
    ['wait="7"', { waitMs: 7000, applied: 'wait=7' }],
    ['respond-async, wait=10', { waitMs: 10_000, applied: 'wait=10' }],
    ['wait=2, wait=9', { waitMs: 2000, applied: 'wait=2' }],
    ['wait=-1', { waitMs: 5000 }],
    ['wait=soon', { waitMs: 5000 }],
    ['wait=1.5', { waitMs: 5000 }],
    ['respond-async=yes', { waitMs: 5000 }],
    ['return=minimal; foo=1', { waitMs: 5000 }],
    [['handling=lenient', 'respond-async'], { waitMs: 0, applied: 'respond-async' }],
  ])('%p', (header, expected) => {
    expect(readPreference(header, 5000)).toEqual(expected);
  });

  it('never waits longer than 30 s, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { waitMs } = readPreference(text, 5000);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
