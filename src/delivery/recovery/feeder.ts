import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { DeliveryRelease } from '../../platform/queue/delivery-release.js';
import { RateSlots } from '../../platform/queue/rate-slots.js';
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

/** What a round of visits found. */
export interface Round {
  /** When to look again, milliseconds; null: nothing is known to be due. */
  againInMs: number | null;
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
    const due = this.inTurn(
      numbers.filter(({ dueInMs, paused, priority }) => dueInMs <= 0 && (!paused || priority < 5)),
    );
    const future = numbers.filter(({ dueInMs, paused }) => dueInMs > 0 && !paused).map(({ dueInMs }) => dueInMs);
    const waits = future.length > 0 ? [Math.min(...future)] : [];
    const share = Math.max(1, Math.floor(this.pace.room() / Math.max(1, due.length)));
    const queue = [...due];
    const visitNext = async (): Promise<void> => {
      for (let number = queue.shift(); number; number = queue.shift()) {
        if (await this.visit(number, share)) waits.push(REVISIT_MS);
        this.lastNumber = number.numberId;
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_VISITS }, visitNext));
    return { againInMs: waits.length > 0 ? Math.min(...waits) : null };
  }

  /** Begins behind the number that was visited last, so that a full process serves them all in turn. */
  private inTurn(due: DueNumber[]): DueNumber[] {
    const start = due.findIndex(({ numberId }) => numberId > this.lastNumber);
    return start <= 0 ? due : [...due.slice(start), ...due.slice(0, start)];
  }

  /** True when the number has more to release than fitted. */
  private async visit(number: DueNumber, share: number): Promise<boolean> {
    const { numberId, priority, paused, ratePerSecond } = number;
    const room = paused ? MAX_VISIT : Math.min(share, MAX_VISIT, await this.roomOf(number));
    if (room <= 0) return !paused;
    const rows = await takeDue(this.postgres, {
      numberId,
      priority,
      paused,
      limit: room,
      leaseS: this.settings.RELEASE_LEASE_S,
    });
    const messages = rows.flatMap(({ id, generation }) =>
      generation === null ? [] : [{ id, generation, numberId, ratePerSecond }],
    );
    const released = new Set(await this.release.release(messages, { fromBacklog: true }));
    const kept = messages.filter(({ id }) => !released.has(id));
    await Promise.all(
      kept.map(({ id, generation }) => this.giveBack.released({ id, generation, number_id: numberId })),
    );
    const more = !paused && (rows.length >= room || kept.length > 0);
    await this.tellBacklog(numberId, more);
    return more;
  }

  /** Slots that are free before the horizon; none while Redis is away. */
  private async roomOf({ numberId, ratePerSecond }: DueNumber): Promise<number> {
    try {
      return await this.slots.room(numberId, ratePerSecond);
    } catch (error) {
      this.log.debug({ err: error, number_id: numberId }, 'slots could not be counted');
      return 0;
    }
  }

  /** While a number has a backlog the API leaves its new messages to the feeder. */
  private async tellBacklog(numberId: number, more: boolean): Promise<void> {
    try {
      if (more) await this.slots.markBacklog(numberId, this.backlogMs);
      else await this.slots.clearBacklog(numberId);
    } catch (error) {
      this.log.debug({ err: error, number_id: numberId }, 'the backlog could not be told');
    }
  }

  private get backlogMs(): number {
    return 1000 + 2 * this.settings.RECOVERY_INTERVAL_MS;
  }
}
