/** Steps that may be early are taken together this much too early at most, milliseconds. */
const TOGETHER_MS = 40;

/**
 * Waits for departures. All waits end early when the worker stops, so that what has not left is given back at once.
 */
export class Departures {
  private readonly waiting = new Set<() => void>();
  private stopped = false;

  /** Resolves after `milliseconds` with true, or with false as soon as the worker stops. */
  wait(milliseconds: number): Promise<boolean> {
    if (this.stopped) return Promise.resolve(false);
    if (milliseconds <= 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const stop = (): void => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        this.waiting.delete(stop);
        resolve(true);
      }, milliseconds);
      this.waiting.add(stop);
    });
  }

  /**
   * The same for a step that may be early: as late as `milliseconds`, but at a moment that it shares with all others
   * around it, so that what they write is one statement.
   */
  waitTogether(milliseconds: number): Promise<boolean> {
    const now = performance.now();
    // Timers leave out fractions of a millisecond: those of one moment would end a millisecond apart.
    return this.wait(Math.ceil(Math.floor((now + milliseconds) / TOGETHER_MS) * TOGETHER_MS - now));
  }

  /** Ends every wait, now and from now on. */
  stop(): void {
    this.stopped = true;
    for (const end of this.waiting) end();
    this.waiting.clear();
  }
}
