import { describe, expect, it } from '@jest/globals';
import { matches } from './install.mjs';

const locked = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.2.3' },
  'node_modules/b-darwin': { version: '1.0.0', optional: true },
};

describe('matches (is what is installed what is locked?)', () => {
  it('accepts the locked versions, with or without the optional packages', () => {
    expect(matches(locked, { 'node_modules/a': { version: '1.2.3' } })).toBe(true);
    expect(
      matches(locked, { 'node_modules/a': { version: '1.2.3' }, 'node_modules/b-darwin': { version: '1.0.0' } }),
    ).toBe(true);
  });

  it('refuses another version', () => {
    expect(matches(locked, { 'node_modules/a': { version: '1.2.4' } })).toBe(false);
  });

  it('refuses another version of an optional package', () => {
    expect(
      matches(locked, { 'node_modules/a': { version: '1.2.3' }, 'node_modules/b-darwin': { version: '0.9.0' } }),
    ).toBe(false);
  });

  it('refuses a missing package', () => {
    expect(matches(locked, {})).toBe(false);
  });
});
