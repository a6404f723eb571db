import { ERROR_TABLE } from './error-table.js';
import { explain, EXPLAINED_CODES } from './explanations.js';

describe('explanations of error codes', () => {
  it('cover every code of the error table, and no other', () => {
    expect(EXPLAINED_CODES).toEqual([...ERROR_TABLE.keys()].sort((a, b) => a - b));
  });

  it.each(EXPLAINED_CODES)('say what %i means in one plain sentence, and what to do', (code) => {
    const { meaning, advice } = explain(code);
    expect(meaning).toMatch(/^[A-Z][^.!?]{15,140}\.$/);
    expect(advice).toMatch(/^[A-Z].{15,200}\.$/);
  });

  it('take 200 to 299 for a missing permission', () => {
    expect(explain(200)).toEqual(explain(299));
    expect(explain(200).meaning).toContain('permission');
    expect(explain(199)).not.toEqual(explain(200));
    expect(explain(300)).not.toEqual(explain(299));
  });

  it('say of an unknown code that it is unknown', () => {
    expect(explain(999_999).meaning).toContain('not documented');
  });
});
