import { setTimeout as timer } from 'node:timers/promises';
import type { Log } from '../logging/log.js';

export interface LoopOptions {
  /**
   * One run. Answers how long to pause before the next, milliseconds.
   * @param stopping aborted when the loop is to stop; the stop waits for this run
   */
  run: (stopping: AbortSignal) => Promise<number>;
  /** The pause before the first run, milliseconds. Default: none. */
  firstPauseMs?: number;
  /** The pause after a run that failed, milliseconds. */
  afterFailureMs: number;
  /** What the log says of a run that failed. */
  failed: string;
}

/**
 * Runs something, pauses, and runs it again until it is stopped; never two runs at once. A run that fails is logged
 * and the loop goes on. Its pauses keep no process alive.
 */
export class Loop {
  private readonly stopper = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly options: LoopOptions,
    private readonly log: Pick<Log, 'warn'>,
  ) {}

  /** Aborted when the loop is to stop. */
  get stopping(): AbortSignal {
    return this.stopper.signal;
  }

  /**
   * Begins; nobody waits for the runs.
   * @throws Error when it was started before
   */
  start(): void {
    if (this.running) throw new Error('the loop was started before');
    this.running = this.repeat();
  }

  /** Ends a pause at once and begins no further run. Resolves when the run under way has ended; never rejects. */
  async stop(): Promise<void> {
    this.stopper.abort();
    await this.running;
  }

  /** A pause within a run: it, too, ends at once when the loop stops. */
  async pause(milliseconds: number): Promise<void> {
    try {
      await timer(milliseconds, undefined, { signal: this.stopping, ref: false });
    } catch (error) {
      if (!this.stopping.aborted) throw error;
    }
  }

  private async repeat(): Promise<void> {
    if (this.options.firstPauseMs) await this.pause(this.options.firstPauseMs);
    while (!this.stopping.aborted) await this.pause(await this.runOnce());
  }

  private async runOnce(): Promise<number> {
    try {
      return await this.options.run(this.stopping);
    } catch (error) {
      this.log.warn({ err: error }, this.options.failed);
      return this.options.afterFailureMs;
    }
  }
}
