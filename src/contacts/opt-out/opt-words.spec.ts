import { mayBeWord, OptWords } from './opt-words.js';

describe('opt-out words', () => {
  const defaults = new OptWords({ out: null, in: null });

  it.each([
    'STOP',
    'stop',
    ' Stop\n',
    'ＳＴＯＰ',
    'Unsubscribe',
    'إيقاف',
    'ايقاف',
    'أيقاف',
    'إيقـــاف',
    'إِيقَاف',
    '\u200fإيقاف\u200e',
    'الغاء',
    'إلغاء',
    '\u00a0الغاء\u202c',
  ])('%j opts out', (text) => {
    expect(defaults.meaningOf(text)).toBe('out');
  });

  it.each(['START', 'start ', 'Subscribe', 'اشتراك', 'إشتراك', 'ابدأ', 'ابدا'])('%j opts in', (text) => {
    expect(defaults.meaningOf(text)).toBe('in');
  });

  it.each(['', ' ', 'STOP!', 'please stop', 'stop it', 'S T O P', 'nonstop', 'الغاء الطلب', 'الغ', 'restart'])(
    '%j is an ordinary message',
    (text) => {
      expect(defaults.meaningOf(text)).toBeNull();
    },
  );

  it('are the words of the tenant, of every language, where it has its own', () => {
    const own = new OptWords({ out: { de: ['Stopp', 'bitte  aufhören'], fr: ['ARRÊT'] }, in: { de: ['Los'] } });
    expect(['stopp', 'Bitte Aufhören', 'arre\u0302t', 'los'].map((word) => own.meaningOf(word))).toEqual([
      'out',
      'out',
      'out',
      'in',
    ]);
    expect(['STOP', 'START'].map((word) => own.meaningOf(word))).toEqual([null, null]);
  });

  it('opt out where a word stands in both lists', () => {
    expect(new OptWords({ out: { en: ['end'] }, in: { en: ['END'] } }).meaningOf('End')).toBe('out');
  });

  it('are never empty', () => {
    expect(new OptWords({ out: { en: [' '] }, in: {} }).meaningOf('')).toBeNull();
  });

  it('of forty characters are looked at, whatever they are made of; a letter is not', () => {
    expect(mayBeWord('🛑'.repeat(40))).toBe(true);
    expect(mayBeWord('a'.repeat(161))).toBe(false);
  });
});
