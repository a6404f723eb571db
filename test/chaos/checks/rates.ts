import type { LoopStall } from '../../../sandbox/record/loop-stalls.js';
import { PAIR } from '../lab.js';
import type { Testimony } from '../witness.js';

const SECOND_MS = 1000;

/**
 * No sliding second may hold more sends than WhatsApp allows the number. WhatsApp's clock stands in the sandbox, and
 * the sandbox shares two processors with everything else: while it (or the proxy before it) is kept waiting, calls
 * pile up and are stamped together, though they came one by one. So each call counts as having come at some moment
 * from the beginning of the stall that it was stamped in or right behind; and a second is overfull only when more calls
 * than allowed lie in it whichever these moments were. Calls count whatever became of them: they all used the rate.
 *
 * @param stalls of the sandbox and of the proxies, in any order
 */
export function judgeRates({ rate, requests, tenant }: Testimony, stalls: readonly LoopStall[]): string[] {
  const calls = callsOf(requests, stalls);
  let worst = 0;
  let worstAt = 0;
  for (const { from: begin } of calls) {
    const within = calls.filter(({ from, at }) => from >= begin && at < begin + SECOND_MS).length;
    if (within > worst) [worst, worstAt] = [within, begin];
  }
  if (worst <= rate) return [];
  return [
    `number ${tenant + 1} (${rate}/s) sent ${worst} messages in the second from ${new Date(worstAt).toISOString()}`,
  ];
}

/**
 * The same for pairs: in no time may there be more calls to one recipient than the burst and one for each interval of
 * that time; also after Redis, which counts them, was emptied.
 */
export function judgePairs({ requests, tenant }: Testimony, stalls: readonly LoopStall[]): string[] {
  const recipients = new Map<string, typeof requests>();
  for (const request of requests) {
    recipients.set(request.to ?? '', [...(recipients.get(request.to ?? '') ?? []), request]);
  }
  return [...recipients].flatMap(([to, ofOne]) => {
    const calls = callsOf(ofOne, stalls);
    for (const { from: begin } of calls) {
      for (const { at: end } of calls.filter(({ at }) => at >= begin)) {
        const within = calls.filter(({ from, at }) => from >= begin && at <= end).length;
        const allowed = PAIR.burst + Math.floor((end - begin + PAIR_SLACK_MS) / PAIR.intervalMs);
        if (within > allowed) {
          const ms = Math.round(end - begin);
          return [`number ${tenant + 1} sent ${within} messages to ${to} in ${ms} ms, and ${allowed} were allowed`];
        }
      }
    }
    return [];
  });
}

/** What one call may come sooner, and the one before it later, than each left. */
const PAIR_SLACK_MS = 100;

interface Call {
  /** The earliest moment at which it may have come, and its stamp. Milliseconds since 1970. */
  from: number;
  at: number;
}

function callsOf(requests: Testimony['requests'], stalls: readonly LoopStall[]): Call[] {
  const spans = joined(stalls);
  return requests.map(({ at }) => ({ from: earliest(at, spans), at })).sort((a, b) => a.at - b.at);
}

/** A stamp this close behind a stall still belongs to it: what had piled up is worked off one after the other. */
const BEHIND_MS = 25;

/** Stalls that touch, as one. */
function joined(stalls: readonly LoopStall[]): LoopStall[] {
  const spans: { from: number; until: number }[] = [];
  for (const { from, until } of [...stalls].sort((a, b) => a.from - b.from)) {
    const last = spans.at(-1);
    if (last && from <= last.until + BEHIND_MS) last.until = Math.max(last.until, until);
    else spans.push({ from, until });
  }
  return spans;
}

function earliest(at: number, spans: readonly LoopStall[]): number {
  const span = spans.find(({ from, until }) => at >= from && at <= until + BEHIND_MS);
  return span?.from ?? at;
}
