/** WhatsApp, "Customer service windows": 24 hours from the user's last message. */
export const SERVICE_WINDOW_MS = 86_400_000;
const USERS_MAX = 200_000;

/** When each user last wrote to the number. */
export class ServiceWindows {
  readonly #lastInbound = new Map<string, number>();

  /** @param at The inbound message's own timestamp, in milliseconds: an old message opens no new window. */
  open(user: string, at: number): void {
    const last = this.#lastInbound.get(user) ?? 0;
    this.#lastInbound.delete(user);
    this.#lastInbound.set(user, Math.max(last, at));
    if (this.#lastInbound.size > USERS_MAX) {
      const [oldest] = this.#lastInbound.keys();
      if (oldest !== undefined) this.#lastInbound.delete(oldest);
    }
  }

  close(user: string): void {
    this.#lastInbound.delete(user);
  }

  isOpen(user: string, now: number): boolean {
    const last = this.#lastInbound.get(user);
    return last !== undefined && now - last < SERVICE_WINDOW_MS;
  }

  reset(): void {
    this.#lastInbound.clear();
  }
}
