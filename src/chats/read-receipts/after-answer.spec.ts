import { classify } from '../../whatsapp/errors/classify.js';
import type { Refused } from '../../whatsapp/client/send-result.js';
import { afterAnswer, LONG_WAIT_MS } from './after-answer.js';

const refused = (code: number, httpStatus = 400): Refused => ({
  kind: 'refused',
  code,
  title: 'title',
  details: null,
  httpStatus,
  fbtraceId: null,
  classification: classify(code, httpStatus),
});

describe('after WhatsApp was asked to mark a message as read', () => {
  it('is settled when it did', () => {
    expect(afterAnswer({ kind: 'marked' }, 1, 0)).toEqual({ kind: 'settled' });
  });

  it.each(['not_written', 'unknown'] as const)(
    'tries again after %s, with growing pauses of at most 5 minutes',
    (kind) => {
      const delays = [1, 2, 3, 9, 100].map((tries) => afterAnswer({ kind, reason: 'ECONNRESET' }, tries, 0));
      expect(delays.map((end) => (end.kind === 'again' ? end.delayMs : null))).toEqual([
        2000,
        4000,
        8000,
        LONG_WAIT_MS,
        LONG_WAIT_MS,
      ]);
      expect(afterAnswer({ kind, reason: 'ECONNRESET' }, 1, 0.5)).toMatchObject({ delayMs: 1500 });
    },
  );

  it('gives up what will never be taken', () => {
    expect(afterAnswer(refused(131009), 1, 0)).toMatchObject({ kind: 'given_up' });
    expect(afterAnswer(refused(131047), 1, 0)).toMatchObject({ kind: 'given_up' });
  });

  it('tries again what the error table calls temporary, as often as it says', () => {
    expect(afterAnswer(refused(130429), 50, 1)).toMatchObject({ kind: 'again', delayMs: 60_000 });
    expect(afterAnswer(refused(99_999, 500), 3, 1)).toMatchObject({ kind: 'again', delayMs: 32_000 });
    expect(afterAnswer(refused(99_999, 500), 4, 1)).toMatchObject({ kind: 'given_up' });
  });

  it('waits long for a number, token or account that is at fault', () => {
    expect(afterAnswer(refused(190, 401), 1, 0)).toMatchObject({ kind: 'again', delayMs: LONG_WAIT_MS });
  });
});
