import { ContendedAccounts } from './contended-accounts.js';

describe('ContendedAccounts', () => {
  it('keeps an account apart for five seconds after its last contention', () => {
    let now = 0;
    const contended = new ContendedAccounts(() => now);
    expect(contended.has('1')).toBe(false);
    contended.add('1');
    now = 3000;
    contended.add('1');
    now = 7999;
    expect(contended.has('1')).toBe(true);
    expect(contended.has('2')).toBe(false);
    now = 8000;
    expect(contended.has('1')).toBe(false);
  });
});
