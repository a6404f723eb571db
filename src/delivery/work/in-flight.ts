/**
 * Bounds how many messages are in work at once; who comes when all places are taken waits in order of arrival.
 * Bounds per number and the breaker that keeps one tenant's hanging calls from the others belong here.
 */
export class InFlight {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly places: number) {}

  /** Resolves when there is a place. Each `enter` needs one `leave`. */
  enter(): Promise<void> {
    if (this.taken < this.places) {
      this.taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Gives the place to the next in line. */
  leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken -= 1;
  }
}
