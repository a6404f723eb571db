import type { ErrorClassification } from './classify.js';

/** Longest wait of the pair rule: 4^4 seconds clears a full burst of 45 messages at one per 6 s. */
const PAIR_LIMIT_MAX_SECONDS = 256;
const FIVE_MINUTES = 300;

/**
 * How the wait grows. `steps` are upper bounds in seconds, the last one repeats; `full` draws evenly from nothing to
 * the bound ("full jitter"), `above` never waits less than the bound and adds up to a tenth of it, so that what waits
 * together does not come back together.
 */
interface BackOff {
  readonly steps: readonly number[];
  readonly jitter: 'full' | 'above';
}

const BACK_OFFS: ReadonlyMap<number, BackOff> = new Map<number, BackOff>([
  [1, { steps: [2, 8], jitter: 'full' }],
  [2, { steps: [30, FIVE_MINUTES], jitter: 'full' }],
  [130429, { steps: [1, 2, 4, 8, 16, 32, 60], jitter: 'full' }],
  [131000, { steps: [2, 8, 32], jitter: 'full' }],
  [131016, { steps: [2, 8, 32], jitter: 'full' }],
  [133004, { steps: [30, 120, FIVE_MINUTES], jitter: 'full' }],
]);
const UNKNOWN_BACK_OFF: BackOff = { steps: [2, 8, 32], jitter: 'full' };

/**
 * How long to wait before retry number `retryNo` (1 is the first), in whole milliseconds. `random` is even in
 * [0, 1). The pair limit waits exactly 4^X seconds (WhatsApp's rule); call limits and maintenance wait at least what
 * the table says; everything else has full jitter, so that a fault of WhatsApp is not answered by a wave.
 * @throws RangeError for an error that is not to be tried again, or a retry number below 1
 */
export function retryDelayMs(classification: ErrorClassification, retryNo: number, random: number): number {
  if (classification.class !== 'retry') throw new RangeError(`Error ${classification.code} is not to be tried again`);
  if (!Number.isInteger(retryNo) || retryNo < 1) throw new RangeError(`Not a retry number: ${retryNo}`);
  if (classification.pow4) return Math.min(4 ** (retryNo - 1), PAIR_LIMIT_MAX_SECONDS) * 1000;
  const { steps, jitter } = backOffOf(classification);
  const bound = (steps[Math.min(retryNo, steps.length) - 1] ?? 0) * 1000;
  return Math.round(jitter === 'full' ? bound * random : bound * (1 + random / 10));
}

function backOffOf(classification: ErrorClassification): BackOff {
  if (!classification.known) return UNKNOWN_BACK_OFF;
  return BACK_OFFS.get(classification.code) ?? { steps: [classification.waitSeconds ?? 0], jitter: 'above' };
}
