/** For so long after its last contention an account's webhooks go apart from the others, milliseconds. */
const APART_MS = 5000;

/**
 * The WhatsApp accounts whose webhooks met a row that another transaction holds, as this process saw it a moment ago.
 * Their webhooks are handed to the loop for deferred ones at once, so that no batch waits for the same lock again.
 */
export class ContendedAccounts {
  private readonly until = new Map<string, number>();

  /** @param now a clock, milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The account met contention just now. */
  add(wabaId: string): void {
    this.until.set(wabaId, this.now() + APART_MS);
  }

  has(wabaId: string): boolean {
    const until = this.until.get(wabaId);
    if (until === undefined) return false;
    if (until > this.now()) return true;
    this.until.delete(wabaId);
    return false;
  }
}
