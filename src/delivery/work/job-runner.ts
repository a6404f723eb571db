import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import type { DeliveryJob } from '../../platform/queue/delivery-queue.js';
import { MessageSender } from './message-sender.js';

/**
 * Works on released messages, whoever brings them: the queue those that the API released or a lane woke, the feeder of
 * this process its own. What it has in hand is known to the end.
 */
@Injectable()
export class JobRunner implements OnModuleDestroy {
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly sender: MessageSender,
    private readonly log: Log,
  ) {}

  /** Resolves when the job has left this process' hands; never rejects: what went wrong is found again in Postgres. */
  run(job: DeliveryJob): Promise<void> {
    const run = this.send(job).finally(() => this.running.delete(run));
    this.running.add(run);
    return run;
  }

  /** What waits for its slot is given back, now and from now on; what is on the wire goes on to its end. */
  giveBackWaiting(): void {
    this.sender.stop();
  }

  /** Nest calls this after the same of those that bring jobs: nothing comes any more. */
  async onModuleDestroy(): Promise<void> {
    this.giveBackWaiting();
    await Promise.all(this.running);
  }

  private async send(job: DeliveryJob): Promise<void> {
    try {
      await this.sender.send(job);
    } catch (error) {
      // Its lease brings the message back.
      this.log.warn({ err: error, message_id: job.id }, 'a job could not be worked on');
    }
  }
}
