import type { Refused } from '../../whatsapp/client/send-result.js';
import { classify } from '../../whatsapp/errors/classify.js';
import { decideEnd, failedHere, notWritten, pausedHere, releasedUnsent } from './decide-end.js';

const FIRST = { attemptNo: 1, retries: 0 };

const refused = (code: number, httpStatus = 400): Refused => ({
  kind: 'refused',
  code,
  title: `(#${code}) title`,
  details: 'what WhatsApp says',
  httpStatus,
  fbtraceId: 'trace',
  classification: classify(code, httpStatus),
});

describe('what follows from an answer', () => {
  it('accepted: sent, with the wamid', () => {
    expect(decideEnd({ kind: 'accepted', wamid: 'wamid.1' }, FIRST, 0)).toMatchObject({
      state: 'accepted',
      fate: { kind: 'sent', wamid: 'wamid.1' },
      pause: null,
      holdNumberMs: null,
    });
  });

  it('unknown: stays unknown', () => {
    expect(decideEnd({ kind: 'unknown', reason: 'ETIMEDOUT' }, FIRST, 0)).toMatchObject({
      state: 'unknown',
      fate: { kind: 'unknown' },
      errorDetails: 'ETIMEDOUT',
    });
  });

  it.each([100, 131026, 131047, 132001])('%i fails the message with what WhatsApp said', (code) => {
    expect(decideEnd(refused(code), FIRST, 0)).toMatchObject({
      state: 'refused',
      errorCode: code,
      httpStatus: 400,
      fbtraceId: 'trace',
      fate: {
        kind: 'failed',
        error: { code: String(code), title: `(#${code}) title`, details: 'what WhatsApp says' },
      },
      pause: null,
    });
  });

  it('a retry waits, and counts', () => {
    expect(decideEnd(refused(131000, 500), FIRST, 0.5)).toMatchObject({
      state: 'refused',
      fate: { kind: 'again', delayMs: 1000, countsAsRetry: true },
      holdNumberMs: null,
    });
  });

  it('the last allowed retry is made, the one after it is not', () => {
    expect(decideEnd(refused(131000, 500), { attemptNo: 3, retries: 2 }, 0).fate.kind).toBe('again');
    expect(decideEnd(refused(131000, 500), { attemptNo: 4, retries: 3 }, 0).fate.kind).toBe('failed');
  });

  it('131056 waits 4^X seconds and moves no other message', () => {
    const waits = [0, 1, 2, 3].map((retries) => decideEnd(refused(131056), { attemptNo: retries + 1, retries }, 0.9));
    expect(waits.map(({ fate }) => fate.kind === 'again' && fate.delayMs)).toEqual([1000, 4000, 16_000, 64_000]);
    expect(waits.map(({ holdPairMs }) => holdPairMs)).toEqual([1000, 4000, 16_000, 64_000]);
    expect(waits.every(({ holdNumberMs, slowNumber }) => holdNumberMs === null && !slowNumber)).toBe(true);
  });

  it.each([130429, 131057])('%i holds the whole number for as long as the message waits', (code) => {
    const end = decideEnd(refused(code), FIRST, 0.5);
    expect(end.fate.kind === 'again' && end.fate.delayMs).toBe(end.holdNumberMs);
    expect(end.holdNumberMs).toBeGreaterThan(0);
    expect(end.holdPairMs).toBeNull();
  });

  it('131057 holds the number for a minute, and for no more than a tenth beyond it', () => {
    expect(decideEnd(refused(131057, 500), FIRST, 0).holdNumberMs).toBe(60_000);
    expect(decideEnd(refused(131057, 500), FIRST, 0.999).holdNumberMs).toBeLessThanOrEqual(66_000);
  });

  it.each([
    [130429, true],
    [131057, false],
    [131056, false],
    [131000, false],
  ])('%i cuts the rate of the number: %s', (code, cuts) => {
    expect(decideEnd(refused(code), FIRST, 0.5).slowNumber).toBe(cuts);
  });

  it.each([
    [190, true],
    [131031, true],
    [133010, false],
    [131048, false],
  ])('%i pauses and puts the message back, not counted (whole account: %s)', (code, wholeAccount) => {
    expect(decideEnd(refused(code, 401), FIRST, 0.5)).toMatchObject({
      fate: { kind: 'again', delayMs: 0, countsAsRetry: false },
      pause: { wholeAccount, code, reason: 'what WhatsApp says' },
    });
  });
});

describe('a request that was not written', () => {
  const pauseOf = (attemptNo: number, retries: number, random: number): number => {
    const { fate } = notWritten('ECONNREFUSED', { attemptNo, retries }, random);
    return fate.kind === 'again' && !fate.countsAsRetry ? fate.delayMs : NaN;
  };

  it('goes again soon, then after growing pauses of at most a minute', () => {
    expect([1, 2, 3, 4, 9, 10, 30, 1000].map((attemptNo) => pauseOf(attemptNo, 0, 1))).toEqual([
      200, 400, 800, 1600, 51_200, 60_000, 60_000, 60_000,
    ]);
  });

  it('spreads the pauses over their second half', () => {
    expect(pauseOf(2, 0, 0)).toBe(200);
    expect(pauseOf(2, 0, 0.999)).toBeLessThanOrEqual(400);
  });

  it('does not count retries after refusals', () => {
    expect(pauseOf(5, 4, 1)).toBe(200);
  });
});

describe('ends without a call', () => {
  it('gives back what the worker could not send', () => {
    expect(releasedUnsent('the worker stops', 0)).toMatchObject({
      state: 'released',
      fate: { kind: 'again', delayMs: 0, countsAsRetry: false },
    });
  });

  it('fails what can never be sent, under a code of ours', () => {
    expect(failedHere('MEDIA_NOT_FOUND', 'gone', null).fate).toEqual({
      kind: 'failed',
      error: { code: 'MEDIA_NOT_FOUND', title: 'gone', details: null },
    });
  });

  it('pauses the account when its token cannot be opened', () => {
    expect(pausedHere('no key')).toMatchObject({
      state: 'released',
      pause: { wholeAccount: true, code: null, reason: 'no key' },
    });
  });
});
