import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { RateSlots } from '../../platform/queue/rate-slots.js';
import { Lead } from '../work/lead.js';

/** A reserved departure: Redis' time in milliseconds, and the epoch in which it was reserved. */
export interface Slot {
  departsAt: number;
  epoch: number;
}

/** A job that waits in a worker for its new slot waits this long at most; else its message goes back. */
const LONGEST_WAIT_MS = 1000;

/** A message whose slot was missed. */
export interface LateMessage {
  numberId: number;
  ratePerSecond: number;
  /** As WhatsApp takes it: digits, or a user id. */
  recipient: string;
  missed: Slot;
}

interface Applicant extends LateMessage {
  resolve: (slot: Slot | null) => void;
}

/**
 * New slots for jobs that missed theirs. What is late is not sent in a burst: it takes its place behind what was
 * reserved meanwhile. Jobs of one number that ask in the same turn of the event loop are served by one call.
 */
@Injectable()
export class SlotRenewal {
  private readonly applicants = new Map<number, Applicant[]>();
  /** A slot that lay in the very moment of the answer would be missed by a process that is short of time. */
  private readonly lead = new Lead();

  constructor(
    private readonly slots: RateSlots,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Null when no slot is to be had soon, or Redis is away. */
  renew(late: LateMessage): Promise<Slot | null> {
    const { numberId } = late;
    this.metrics.rateSlotsMissed.inc();
    return new Promise((resolve) => {
      const others = this.applicants.get(numberId);
      if (others) {
        others.push({ ...late, resolve });
        return;
      }
      this.applicants.set(numberId, [{ ...late, resolve }]);
      setImmediate(() => void this.serve(numberId));
    });
  }

  private async serve(numberId: number): Promise<void> {
    const applicants = this.applicants.get(numberId) ?? [];
    this.applicants.delete(numberId);
    const [head] = applicants;
    if (!head) return;
    const begun = performance.now();
    try {
      const { epoch, departures } = await this.slots.renew(
        {
          numberId,
          ratePerSecond: head.ratePerSecond,
          horizonMs: LONGEST_WAIT_MS,
          leadMs: this.lead.milliseconds,
        },
        applicants.map(({ recipient, missed }) => ({ recipient, departedAt: missed.departsAt })),
      );
      this.lead.took(performance.now() - begun);
      applicants.forEach(({ resolve }, index) => {
        const departsAt = departures[index] ?? null;
        resolve(departsAt === null ? null : { departsAt, epoch });
      });
    } catch (error) {
      this.log.debug({ err: error, number_id: numberId }, 'slots could not be reserved again');
      for (const { resolve } of applicants) resolve(null);
    }
  }
}
