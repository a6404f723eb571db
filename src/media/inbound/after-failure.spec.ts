import { classify } from '../../whatsapp/errors/classify.js';
import { afterFailure, KEPT_MS } from './after-failure.js';

const NOW = 1_800_000_000_000;
const file = (changes: object = {}) => ({ tries: 1, refusals: 0, created_at: new Date(NOW - 1000), ...changes });
const refused = (code: number | null, status = 400) => ({
  kind: 'refused' as const,
  status,
  error:
    code === null
      ? null
      : {
          code,
          title: 't',
          details: null,
          httpStatus: status,
          fbtraceId: null,
          classification: classify(code, status),
        },
});
const unanswered = { kind: 'unanswered' as const, reason: 'TIMEOUT' };

describe('a file that could not be fetched', () => {
  it('is asked for again after growing pauses when there was no answer', () => {
    const delays = [1, 2, 5, 30].map((tries) => afterFailure(unanswered, file({ tries }), NOW, 0));
    expect(delays).toMatchObject([
      { kind: 'again', delayMs: 500, refused: false, reason: 'TIMEOUT' },
      { kind: 'again', delayMs: 1000 },
      { kind: 'again', delayMs: 8000 },
      { kind: 'again', delayMs: 300_000 },
    ]);
  });

  it.each([
    ['a limit', refused(4), 500],
    ['too many calls', refused(null, 429), 500],
    ['a token that has expired', refused(190, 401), 150_000],
    ['a token that may not', refused(null, 403), 150_000],
  ])('is not counted as refused after %s', (_what, answer, delayMs) => {
    expect(afterFailure(answer, file(), NOW, 0)).toMatchObject({ kind: 'again', refused: false, delayMs });
  });

  it('is gone after the third refusal', () => {
    expect([0, 1, 2].map((refusals) => afterFailure(refused(100), file({ refusals }), NOW, 0))).toMatchObject([
      { kind: 'again', refused: true, delayMs: 15_000 },
      { kind: 'again', refused: true, delayMs: 30_000 },
      { kind: 'given_up', failure: 'NOT_AVAILABLE', reason: 'HTTP 400, code 100' },
    ]);
  });

  it('is gone when WhatsApp keeps it no longer', () => {
    expect(afterFailure(unanswered, file({ created_at: new Date(NOW - KEPT_MS + 1) }), NOW, 0).kind).toBe('again');
    expect(afterFailure(unanswered, file({ created_at: new Date(NOW - KEPT_MS) }), NOW, 0).kind).toBe('given_up');
  });
});
