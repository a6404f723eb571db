import { explain, EXPLAINED_CODES, type Explanation } from '../whatsapp/errors/explanations.js';
import { classify } from '../whatsapp/errors/classify.js';

/** Why a message failed, as the API shows it. */
export interface ShownError extends Explanation {
  /** WhatsApp's integer, or ours as text. */
  readonly code: number | string;
  readonly title: string | null;
  readonly details: string | null;
}

/** A code of ours in `messages.error_code`; whoever stores one is documented by this table. */
const OWN_CODES: Readonly<Record<string, Explanation>> = {
  CONTACT_OPTED_OUT: {
    meaning: 'The contact does not want these messages, so it was not sent.',
    advice:
      'Send nothing until the contact writes a word such as START, or tells you and you opt the contact in again.',
  },
  CONTACT_DELETED: {
    meaning: 'The contact was deleted, so the message was not sent (again).',
    advice: 'Nothing is to be done.',
  },
  INTERNAL_ERROR: {
    meaning: 'The message could not be built, for a fault of the platform.',
    advice: 'Report the id of the message to the operator.',
  },
  MEDIA_NOT_FOUND: {
    meaning: 'The media file of the message is no longer there.',
    advice: 'Send a new message with the file.',
  },
  UNKNOWN_OUTCOME: {
    meaning: 'WhatsApp did not say whether it took the message, so it may have arrived or not.',
    advice: 'Ask the person, or send it again when a second copy does no harm.',
  },
};

const UNEXPLAINED: Explanation = {
  meaning: 'The message failed for a reason that is not documented.',
  advice: 'Report the id of the message to the operator.',
};

/** `error.code` as the API shows it: WhatsApp's codes are integers, ours are text. */
export function errorCodeOf(stored: string | null): number | string {
  return stored !== null && /^\d+$/.test(stored) ? Number(stored) : (stored ?? 'UNKNOWN');
}

/** The error with what its code means and what to do about it. */
export function shownError(error: Pick<ShownError, 'code' | 'title' | 'details'>): ShownError {
  const { code, title, details } = error;
  const known = typeof code === 'number' ? explain(code) : Object.hasOwn(OWN_CODES, code) ? OWN_CODES[code] : undefined;
  return { code, title, details, ...(known ?? UNEXPLAINED) };
}

/** Every code that `error.code` of a message may be, with its title (WhatsApp's codes) and explanation; ours first. */
export function documentedErrors(): ShownError[] {
  const own = Object.keys(OWN_CODES).map((code) => shownError({ code, title: null, details: null }));
  const whatsapp = EXPLAINED_CODES.map((code) =>
    shownError({ code, title: classify(code, null).title, details: null }),
  );
  return [...own, ...whatsapp];
}
