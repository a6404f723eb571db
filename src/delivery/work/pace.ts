/** A process that has just started, or was idle, is trusted with this many messages. */
const LEAST = 40;
/** How much of the coming time is filled: what one visit of the feeder releases must last until the next ones. */
const AHEAD_S = 0.3;
/** Weight of the past fades with this time, milliseconds. */
const MEMORY_MS = 1000;

/**
 * How much this process can take on. A feeder that released more than the workers get ready in time would make jobs
 * miss their slots; so it releases what left in the last second, scaled to the time ahead, less what is in hand. Calls
 * under way do not count: they cost no work until they are answered.
 */
export class Pace {
  private inHand = 0;
  private departed = 0;
  private perSecond = 0;
  private measuredAt = performance.now();

  /**
   * A job was taken in hand. The function that comes back says that its request is being written, or that it
   * came to an end without one; it counts once. With false it is given back untouched: that shows no strength.
   */
  take(): (worked?: boolean) => void {
    let gone = false;
    this.inHand += 1;
    return (worked = true) => {
      if (gone) return;
      gone = true;
      this.inHand -= 1;
      if (worked) this.departed += 1;
    };
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
    this.perSecond += ((this.departed * 1000) / elapsed - this.perSecond) * weight;
    this.departed = 0;
    this.measuredAt = now;
  }
}
