/**
 * Lets loops sleep until something happens or their time is up. A wake-up that comes while a loop works is kept for
 * its next wait, so none is missed between looking and sleeping.
 */
export class Wakeup {
  private readonly sleepers = new Set<() => void>();
  private pending = 0;

  /** @param loops how many loops sleep here */
  constructor(private readonly loops: number) {}

  wake(): void {
    this.pending = this.loops - this.sleepers.size;
    for (const wakeUp of [...this.sleepers]) wakeUp();
  }

  /** Resolves at the next wake-up, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    if (this.pending > 0) {
      this.pending -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const wakeUp = (): void => {
        clearTimeout(timer);
        this.sleepers.delete(wakeUp);
        resolve();
      };
      const timer = setTimeout(wakeUp, timeoutMs);
      this.sleepers.add(wakeUp);
    });
  }
}
