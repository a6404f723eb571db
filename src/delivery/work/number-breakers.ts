import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { RateSlots } from '../../platform/queue/rate-slots.js';
import type { SendResult } from '../../whatsapp/client/send-result.js';

/** So many calls in a row without an answer in time open a number's breaker. */
const TIME_OUTS_TO_OPEN = 20;
/** How long an open breaker waits for its next probe: doubled each time, up to the longest. */
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 300_000;
/** Numbers whose last call timed out; all others are not remembered. */
const MAX_TROUBLED = 10_000;
/** What the client says of a call that hung, before or after its request was written. */
const TIME_OUTS: ReadonlySet<string> = new Set(['TIMEOUT', 'CONNECT_TIMEOUT']);

/** A number's permission to make one call. Each needs {@link leave}, whether it came to the call or not. */
export interface Pass {
  /** What became of the call. */
  ended(result: SendResult): void;
  /** Nothing more will be heard of it: a probe that made no call makes room for another one. */
  leave(): void;
}

/** While a breaker is open: when to probe (performance.now()), and whether a probe is under way. */
interface Opening {
  waitMs: number;
  until: number;
  probing: boolean;
}

/** A number whose last call timed out. */
interface Troubled {
  numberId: number;
  timeOuts: number;
  /** Null: closed. */
  opening: Opening | null;
}

/**
 * A circuit breaker for each number, in this process. Calls that hang cost a place each until they time out; after 20
 * time-outs in a row nothing of the number is claimed here, and all processes hold it back, for 10 s first and up to
 * 5 minutes. Then one message is tried: an answer closes the breaker, and the number starts again gently.
 *
 * Not opossum: its breakers count shares within rolling windows and keep timers each, also for numbers at rest. Here a
 * number costs memory only from its first time-out to its next answer.
 */
@Injectable()
export class NumberBreakers {
  private readonly troubled = new LRUCache<number, Troubled>({ max: MAX_TROUBLED });

  constructor(
    private readonly slots: RateSlots,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    metrics.onScrape('number_breakers', () => {
      metrics.openBreakers.set([...this.troubled.values()].filter(({ opening }) => opening !== null).length);
    });
  }

  /** How many messages of the number may be tried here: no bound, one to probe with, or none. */
  room(numberId: number): number {
    const opening = this.troubled.get(numberId)?.opening;
    if (!opening) return Infinity;
    return opening.probing || performance.now() < opening.until ? 0 : 1;
  }

  /** Null while the number's breaker is open. */
  enter(numberId: number): Pass | null {
    if (this.room(numberId) === 0) return null;
    const opening = this.troubled.get(numberId)?.opening ?? null;
    if (opening) opening.probing = true;
    return {
      ended: (result) => this.ended(numberId, opening, result),
      leave: () => {
        if (opening) opening.probing = false;
      },
    };
  }

  private ended(numberId: number, probed: Opening | null, result: SendResult): void {
    const known = this.troubled.get(numberId);
    if (result.kind === 'accepted' || result.kind === 'refused') {
      this.troubled.delete(numberId);
      if (known?.opening) this.close(numberId);
    } else if (known?.opening) {
      // Calls that hung already when it opened say nothing new.
      if (probed !== known.opening) return;
      this.open(known, Math.min(probed.waitMs * 2, LONGEST_WAIT_MS));
    } else if (TIME_OUTS.has(result.reason)) {
      const troubled = known ?? { numberId, timeOuts: 0, opening: null };
      troubled.timeOuts += 1;
      this.troubled.set(numberId, troubled);
      if (troubled.timeOuts >= TIME_OUTS_TO_OPEN) this.open(troubled, FIRST_WAIT_MS);
    } else {
      // A connection that broke: something is wrong, but nothing hangs.
      this.troubled.delete(numberId);
    }
  }

  private open(troubled: Troubled, waitMs: number): void {
    const { numberId } = troubled;
    troubled.opening = { waitMs, until: performance.now() + waitMs, probing: false };
    this.metrics.breakerChanges.inc({ state: 'open' });
    this.log.warn({ event: 'breaker_open', number_id: numberId, wait_ms: waitMs }, "a number's calls hang: it waits");
    this.slots.openBreaker(numberId, waitMs).catch((error: Error) => {
      this.log.debug({ err: error, number_id: numberId }, 'a number could not be held back');
    });
  }

  private close(numberId: number): void {
    this.metrics.breakerChanges.inc({ state: 'closed' });
    this.log.info({ event: 'breaker_closed', number_id: numberId }, 'a number is answered again');
    this.slots.closeBreaker(numberId).catch((error: Error) => {
      this.log.debug({ err: error, number_id: numberId }, 'a number could not be slowed down');
    });
  }
}
