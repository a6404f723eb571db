import fc from 'fast-check';
import { guarded, unguarded } from './formula-guard.js';

describe('the guard against formulas', () => {
  it.each(['=1+1', '+20', '-x', '@SUM(A1)', '\tx', '\rx', '\nx', '\uff1dx', "'=1", "''=1"])(
    'stands before %j',
    (text) => {
      expect(guarded(text)).toBe(`'${text}`);
    },
  );

  it.each(['', 'Mona', '1=1', ' =1', "'", "O'Neill", "'quoted'"])('does not stand before %j', (text) => {
    expect(guarded(text)).toBe(text);
    expect(unguarded(text)).toBe(text);
  });

  it('is taken off as it was put on, whatever the text', () => {
    const parts = fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', 'a', ' ');
    fc.assert(
      fc.property(fc.string({ unit: parts, maxLength: 6 }), (text) => {
        expect(guarded(text)).not.toMatch(/^[=+\-@\t\r\n]/);
        expect(unguarded(guarded(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});
