import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { backlogFlagMs, DeliveryRelease } from '../../platform/queue/delivery-release.js';
import { FEED_LEAD_MS, RateSlots } from '../../platform/queue/rate-slots.js';
import { WokenMessages } from '../lanes/woken-messages.js';
import { InFlight } from '../work/in-flight.js';
import { JobRunner } from '../work/job-runner.js';
import { NumberBreakers } from '../work/number-breakers.js';
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
 * depart within the horizon and as this process can do, for the number and in all; this process works on them. Safe
 * with any number of feeders.
 * Paused numbers are skipped, and so are those whose breaker is open here, and all on a node of Redis that has failed in
 * the round; except that submissions which lapsed become `unknown` there, too.
 */
@Injectable()
export class Feeder {
  private lastNumber = 0;
  /** Nodes of Redis that failed in this round: asking them again for each number would take a time-out each. */
  private readonly failedNodes = new Set<string>();

  constructor(
    private readonly postgres: Postgres,
    private readonly release: DeliveryRelease,
    @Inject(JobRunner) private readonly jobs: Pick<JobRunner, 'run'>,
    private readonly slots: RateSlots,
    private readonly giveBack: GiveBack,
    private readonly woken: WokenMessages,
    private readonly pace: Pace,
    private readonly inFlight: InFlight,
    private readonly breakers: NumberBreakers,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  async round(): Promise<Round> {
    const numbers = await dueNumbers(this.postgres);
    const later = numbers.filter(({ dueInMs, paused }) => dueInMs > 0 && !paused).map(({ dueInMs }) => dueInMs);
    this.failedNodes.clear();
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
    // One that fails ends the round, but not before the others are through.
    const ends = await Promise.allSettled(Array.from({ length: PARALLEL_VISITS }, visitNext));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return visits;
  }

  private async visit(number: DueNumber, share: number): Promise<Visit> {
    const { numberId, priority, ratePerSecond, resumedAt } = number;
    if (number.paused || this.hasFailed(numberId) || this.breakers.room(numberId) === 0)
      return this.visitLapsed(number);
    const allowed = Math.min(share, MAX_VISIT);
    const limit = Math.min(allowed, await this.roomOf(number));
    if (limit <= 0) return { number, released: 0, more: true, hungry: false };
    const due = {
      numberId,
      priority,
      paused: false,
      limit,
      leaseS: this.settings.RELEASE_LEASE_S,
      orderHoldS: this.settings.ORDER_HOLD_S,
    };
    const { taken, released: ready, woken } = await takeDue(this.postgres, due);
    this.woken.release(woken);
    const messages = ready.map((row) => ({ ...row, numberId, ratePerSecond, resumedAt, priority }));
    const { jobs, pairFull } = await this.release.reserve(messages);
    // What this process released it works on itself: in the queue it would stand before what others have just sent.
    for (const job of jobs) void this.jobs.run(job);
    const released = new Set(jobs.map(({ id }) => id));
    const back = messages.filter(({ id }) => !released.has(id));
    await Promise.all(
      back.map(({ id, generation }) =>
        this.giveBack.released({ id, generation, number_id: numberId, delayMs: pairFull.get(id) }),
      ),
    );
    // Those whose pair is full wait for that alone: they are no backlog of the number.
    const kept = back.length - pairFull.size;
    const more = taken === limit || kept > 0;
    await this.tellBacklog(number, more);
    return { number, released: released.size, more, hungry: kept === 0 && more && limit === allowed };
  }

  /** Of a number that nothing is released of now: submissions that lapsed become `unknown`. */
  private async visitLapsed(number: DueNumber): Promise<Visit> {
    const { numberId, priority } = number;
    if (!hasLapsed(number)) return { number, released: 0, more: false, hungry: false };
    const { ORDER_HOLD_S: orderHoldS } = this.settings;
    const due = { numberId, priority, paused: true, limit: MAX_VISIT, leaseS: 0, orderHoldS };
    // What their ends have woken leaves with the number's other messages, once it may.
    const { taken } = await takeDue(this.postgres, due);
    return { number, released: 0, more: taken === MAX_VISIT, hungry: false };
  }

  /** What this process may have in work of the number, and what slots are free before the horizon; the less of both. */
  private async roomOf({ numberId, ratePerSecond, resumedAt, priority }: DueNumber): Promise<number> {
    this.inFlight.learn(numberId, ratePerSecond);
    const here = Math.min(this.inFlight.room(numberId), this.inFlight.free, this.breakers.room(numberId));
    if (here === 0) return 0;
    try {
      const slots = await this.slots.room({
        numberId,
        ratePerSecond,
        resumedAt,
        leadMs: FEED_LEAD_MS,
        urgent: priority === 0,
      });
      return Math.min(here, slots);
    } catch (error) {
      this.failedNodes.add(this.slots.nodeOf(numberId));
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
      this.failedNodes.add(this.slots.nodeOf(numberId));
      this.log.debug({ err: error, number_id: numberId }, 'the backlog could not be told');
    }
  }

  private hasFailed(numberId: number): boolean {
    return this.failedNodes.size > 0 && this.failedNodes.has(this.slots.nodeOf(numberId));
  }
}

/** Submissions that lapsed were released before, so they are never among priority 5. */
const hasLapsed = ({ priority }: DueNumber): boolean => priority < 5;

const isToVisit = (number: DueNumber): boolean => number.dueInMs <= 0 && (!number.paused || hasLapsed(number));
