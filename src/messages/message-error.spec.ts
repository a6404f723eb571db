import { documentedErrors, errorCodeOf, shownError } from './message-error.js';

describe('errors of messages', () => {
  it('show the codes of WhatsApp as integers and ours as text', () => {
    expect(errorCodeOf('131047')).toBe(131047);
    expect(errorCodeOf('0')).toBe(0);
    expect(errorCodeOf('UNKNOWN_OUTCOME')).toBe('UNKNOWN_OUTCOME');
  });

  it('keep what WhatsApp said, and add what it means and what to do', () => {
    const said = { code: 131047, title: 'Re-engagement message', details: 'More than 24 hours have passed' };
    expect(shownError(said)).toEqual({
      ...said,
      meaning: expect.stringContaining('24 hours') as string,
      advice: expect.stringContaining('template') as string,
    });
  });

  it.each(['CONTACT_DELETED', 'CONTACT_OPTED_OUT', 'INTERNAL_ERROR', 'MEDIA_NOT_FOUND', 'UNKNOWN_OUTCOME'])(
    'explain %s',
    (code) => {
      const { meaning, advice } = shownError({ code, title: null, details: null });
      expect(meaning).toMatch(/^[A-Z][^.!?]{15,140}\.$/);
      expect(meaning).not.toContain('not documented');
      expect(advice).toMatch(/^[A-Z].{15,200}\.$/);
    },
  );

  it.each(['SOMETHING_ELSE', 'toString'])('do not pretend to know %s', (code) => {
    expect(shownError({ code, title: null, details: null }).meaning).toContain('not documented');
  });

  it('document each code once', () => {
    const codes = documentedErrors().map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toEqual(expect.arrayContaining(['CONTACT_OPTED_OUT', 0, 131047, 2494100]));
  });
});
