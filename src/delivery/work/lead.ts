/** Waking this much before the departure covers a timer that is late. */
const LEAST_MS = 2;
const MOST_MS = 60;
const WEIGHT = 0.1;

/**
 * How long before a departure a step must begin to be done in time: twice the time it took lately, so that a slow
 * database costs earlier claims rather than missed slots.
 */
export class Lead {
  private average = LEAST_MS;

  /** The step took this long, milliseconds. */
  took(milliseconds: number): void {
    this.average += (milliseconds - this.average) * WEIGHT;
  }

  get milliseconds(): number {
    return Math.min(Math.max(this.average * 2, LEAST_MS), MOST_MS);
  }
}
