/** Words by language tag, such as `{ en: ['STOP'] }`. The language is for people: every word counts in every chat. */
export type WordsByLanguage = Readonly<Record<string, readonly string[]>>;

/** A tenant's words; null: the defaults. */
export interface OptWordSetting {
  readonly out: WordsByLanguage | null;
  readonly in: WordsByLanguage | null;
}

/** Longest word, in characters: a longer text is none, and need not be looked at. */
export const MAX_WORD_LENGTH = 40;

export const DEFAULT_OPT_OUT_WORDS: WordsByLanguage = { en: ['STOP', 'UNSUBSCRIBE'], ar: ['إيقاف', 'الغاء'] };
export const DEFAULT_OPT_IN_WORDS: WordsByLanguage = { en: ['START', 'SUBSCRIBE'], ar: ['اشتراك', 'ابدأ'] };

/** Marks of direction and joining that keyboards put around Arabic words; nobody sees them. */
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
/** Short vowels and the line that stretches a word: they change how it looks, not which word it is. */
const ARABIC_MARKS = /[\u064b-\u065f\u0670\u0640]/gu;

/** What the hamza sits on, without it. */
const HAMZA: Readonly<Record<string, string>> = { أ: 'ا', إ: 'ا', آ: 'ا', ٱ: 'ا', ؤ: 'و', ئ: 'ي' };

/**
 * A word as it is compared: trimmed, in lower case, without its hamza (`إيقاف` and `ايقاف` are written by the same
 * people), in one Unicode form, without marks that are not seen. Inner spaces count as one.
 */
export function foldedWord(text: string): string {
  return text
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(ARABIC_MARKS, '')
    .replace(/[أإآٱؤئ]/gu, (letter) => HAMZA[letter] ?? letter)
    .trim()
    .replace(/\s+/gu, ' ')
    .toLowerCase();
}

/** Tells words that opt out or in from everything else a customer writes. The whole text must be the word. */
export class OptWords {
  private readonly out: ReadonlySet<string>;
  private readonly in: ReadonlySet<string>;

  constructor(setting: OptWordSetting) {
    this.out = foldedSet(setting.out ?? DEFAULT_OPT_OUT_WORDS);
    this.in = foldedSet(setting.in ?? DEFAULT_OPT_IN_WORDS);
  }

  /** What the text asks for; null: it is an ordinary message. A word that stands in both lists opts out. */
  meaningOf(text: string): 'out' | 'in' | null {
    const word = foldedWord(text);
    if (this.out.has(word)) return 'out';
    return this.in.has(word) ? 'in' : null;
  }
}

/** Whether a text is short enough to be a word. */
export const mayBeWord = (text: string): boolean => text.length <= 4 * MAX_WORD_LENGTH;

function foldedSet(words: WordsByLanguage): ReadonlySet<string> {
  const folded = Object.values(words).flatMap((list) => list.map(foldedWord));
  return new Set(folded.filter((word) => word !== ''));
}
