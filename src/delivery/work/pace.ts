/** A process that has just started, or was idle, is trusted with this many messages. */
const LEAST = 100;
/** How much of the coming time is filled: what one visit of the feeder releases must last until the next ones. */
const AHEAD_S = 0.6;
/** Weight of the past fades with this time, milliseconds. */
const MEMORY_MS = 1000;

/**
 * How much this process can take on. A feeder that released more than the workers get done would make jobs miss
 * their slots; so it releases what was done in the last second, scaled to the time ahead, less what is in hand.
 */
export class Pace {
  private inHand = 0;
  private done = 0;
  private perSecond = 0;
  private measuredAt = performance.now();

  /** A job was taken from the queue. */
  taken(): void {
    this.inHand += 1;
  }

  /** A job is finished, whatever became of it. */
  finished(): void {
    this.inHand -= 1;
    this.done += 1;
  }

  /** Messages that may be released now for this process to keep busy. */
  room(): number {
    this.measure();
    return Math.max(0, Math.ceil(Math.max(LEAST, this.perSecond * AHEAD_S)) - this.inHand);
  }

  private measure(): void {
    const now = performance.now();
    const elapsed = now - this.measuredAt;
    if (elapsed < 20) return;
    const weight = 1 - Math.exp(-elapsed / MEMORY_MS);
    this.perSecond += ((this.done * 1000) / elapsed - this.perSecond) * weight;
    this.done = 0;
    this.measuredAt = now;
  }
}
