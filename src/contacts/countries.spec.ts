import { countryIdOf } from './countries.js';

describe('countryIdOf', () => {
  it.each([
    ['Egypt', 818],
    ['egypt', 818],
    ['EG', 818],
    ['eg', 818],
    ['EGY', 818],
    [' Germany ', 276],
    ['Afghanistan', 4],
  ])('%p is %p', (country, id) => {
    expect(countryIdOf(country)).toBe(id);
  });

  it.each(['', 'Atlantis', 'XX', '818', 'constructor', '__proto__'])('%p is no country', (country) => {
    expect(countryIdOf(country)).toBeUndefined();
  });
});
