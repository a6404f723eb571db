import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { backlogFlagMs, DeliveryRelease } from '../../platform/queue/delivery-release.js';
import { FEED_LEAD_MS, RateSlots } from '../../platform/queue/rate-slots.js';
import { Pace } from '../work/pace.js';
import { dueNumbers, type DueNumber } from './due-numbers.js';
import { GiveBack } from './give-back.js';
import { takeDue } from './take-due.js';

/** Rows that one visit takes at most. */
const MAX_VISIT = 200;
/** Numbers visited at once. */
const PARALLEL_VISITS = 4;
/** A number with more to do is visited again this soon: well before what was released for it has left. */
const REVISIT_MS = 80;

/** A round gives what some numbers leave to those that can use more; this often at most. */
const MAX_PASSES = 4;

/** What a round of visits found. */
export interface Round {
  /** When to look again, milliseconds; null: nothing is known to be due. */
  againInMs: number | null;
}

interface Visit {
  number: DueNumber;
  released: number;
  /** There is more to release than was allowed now. */
  more: boolean;
  /** It was this process' share that ended the visit, not the number's rate. */
  hungry: boolean;
}

/**
 * Releases the backlog: visits every number that has something due, round-robin, and takes from each as many rows as
 * depart within the horizon and as this process can do. Safe with any number of feeders. Paused numbers are skipped,
 * except that submissions which lapsed become `unknown` there, too.
 */
@Injectable()
export class Feeder {
  private lastNumber = 0;

  constructor(
    private readonly postgres: Postgres,
    private readonly release: DeliveryRelease,
    private readonly slots: RateSlots,
    private readonly giveBack: GiveBack,
    private readonly pace: Pace,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  async round(): Promise<Round> {
    const numbers = await dueNumbers(this.postgres);
    const later = numbers.filter(({ dueInMs, paused }) => dueInMs > 0 && !paused).map(({ dueInMs }) => dueInMs);
    let hungry = this.inTurn(numbers.filter(isToVisit));
    let room = this.pace.room();
    let more = false;
    for (let pass = 0; hungry.length > 0 && (pass === 0 || (room > 0 && pass < MAX_PASSES)); pass += 1) {
      // Everybody gets something, however busy this process is.
      const share = Math.max(1, Math.floor(room / hungry.length));
      const visits = await this.visitAll(hungry, share);
      room -= visits.reduce((sum, { released }) => sum + released, 0);
      more ||= visits.some((visit) => visit.more);
      hungry = visits.filter((visit) => visit.hungry).map(({ number }) => number);
    }
    // The jitter keeps the feeders of several workers from coming at the same moment for the same slots.
    const waits = [...later, ...(more ? [REVISIT_MS * (0.75 + Math.random() / 2)] : [])];
    return { againInMs: waits.length > 0 ? Math.min(...waits) : null };
  }

  /** Begins behind the number that was visited last, so that a full process serves them all in turn. */
  private inTurn(due: DueNumber[]): DueNumber[] {
    const start = due.findIndex(({ numberId }) => numberId > this.lastNumber);
    return start <= 0 ? due : [...due.slice(start), ...due.slice(0, start)];
  }

  private async visitAll(numbers: DueNumber[], share: number): Promise<Visit[]> {
    const queue = [...numbers];
    const visits: Visit[] = [];
    const visitNext = async (): Promise<void> => {
      for (let number = queue.shift(); number; number = queue.shift()) {
        visits.push(await this.visit(number, share));
        this.lastNumber = number.numberId;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_VISITS }, visitNext));
    return visits;
  }

  private async visit(number: DueNumber, share: number): Promise<Visit> {
    const { numberId, priority, paused, ratePerSecond, resumedAt } = number;
    const allowed = paused ? MAX_VISIT : Math.min(share, MAX_VISIT);
    const limit = paused ? allowed : Math.min(allowed, await this.roomOf(number));
    if (limit <= 0) return { number, released: 0, more: true, hungry: false };
    const rows = await takeDue(this.postgres, {
      numberId,
      priority,
      paused,
      limit,
      leaseS: this.settings.RELEASE_LEASE_S,
    });
    const messages = rows.flatMap(({ id, generation, recipient }) =>
      generation === null ? [] : [{ id, generation, numberId, ratePerSecond, resumedAt, recipient, priority }],
    );
    const released = await this.release.release(messages, { fromBacklog: true });
    const back = messages.filter(({ id }) => !released.ids.has(id));
    await Promise.all(
      back.map(({ id, generation }) =>
        this.giveBack.released({ id, generation, number_id: numberId, delayMs: released.pairFull.get(id) }),
      ),
    );
    // Those whose pair is full wait for that alone: they are no backlog of the number.
    const kept = back.length - released.pairFull.size;
    const more = rows.length === limit || kept > 0;
    if (!paused) await this.tellBacklog(number, more);
    return { number, released: released.ids.size, more, hungry: kept === 0 && more && limit === allowed };
  }

  /** Slots that are free before the horizon; none while Redis is away. */
  private async roomOf({ numberId, ratePerSecond, resumedAt, priority }: DueNumber): Promise<number> {
    try {
      return await this.slots.room({
        numberId,
        ratePerSecond,
        resumedAt,
        leadMs: FEED_LEAD_MS,
        urgent: priority === 0,
      });
    } catch (error) {
      this.log.debug({ err: error, number_id: numberId }, 'slots could not be counted');
      return 0;
    }
  }

  /** While a number has a backlog the API leaves its new messages to the feeder. */
  private async tellBacklog({ numberId, priority }: DueNumber, more: boolean): Promise<void> {
    // One-time codes do not heed the flag, so they say nothing about it.
    if (priority === 0) return;
    try {
      if (more) await this.slots.markBacklog(numberId, backlogFlagMs(this.settings));
      else await this.slots.clearBacklog(numberId);
    } catch (error) {
      this.log.debug({ err: error, number_id: numberId }, 'the backlog could not be told');
    }
  }
}

/** A paused number is looked at for lapsed submissions alone; those were released before, so never among priority 5. */
function isToVisit({ dueInMs, paused, priority }: DueNumber): boolean {
  return dueInMs <= 0 && (!paused || priority < 5);
}
