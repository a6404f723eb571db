const DAY_MS = 86_400_000;

/**
 * The messaging limit (WhatsApp, "Messaging limits"): unique users contacted outside a service window in
 * rolling 24 hours, shared by the numbers of a portfolio. Off (`null`) unless it is set.
 */
export class MessagingLimit {
  readonly #contacted = new Map<string, number>();
  limit: number | null = null;

  allows(user: string, now: number): boolean {
    if (this.limit === null) return true;
    const last = this.#contacted.get(user);
    if (last !== undefined && now - last < DAY_MS) return true;
    for (const [contacted, at] of this.#contacted) {
      if (now - at >= DAY_MS) this.#contacted.delete(contacted);
    }
    return this.#contacted.size < this.limit;
  }

  /** A user counts as long as one of the messages lies within the last 24 hours. */
  record(user: string, now: number): void {
    if (this.limit !== null) this.#contacted.set(user, now);
  }

  reset(): void {
    this.#contacted.clear();
  }
}
