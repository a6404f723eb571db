interface Waiter {
  readonly begin: () => void;
  readonly timer: NodeJS.Timeout;
}

interface Turns {
  running: number;
  readonly waiting: Waiter[];
}

/** Nobody's turn came in time: the tenant has too much going on here. */
export class NoTurnError extends Error {
  override readonly name = 'NoTurnError';
}

/**
 * Lets at most so many pieces of work of one tenant run at the same time in this process; the others wait for their
 * turn, in the order in which they came. What other tenants do makes no difference.
 */
export class TenantTurns {
  /** Tenants that have something running. */
  private readonly tenants = new Map<number, Turns>();

  /** @param waitMs how long a piece of work waits for its turn at most, milliseconds */
  constructor(
    private readonly atOnce: number,
    private readonly waitMs: number,
  ) {}

  /** Work must not ask for another turn of its tenant: it might wait for itself. @throws NoTurnError */
  async run<T>(tenantId: number, work: () => Promise<T>): Promise<T> {
    await this.take(tenantId);
    try {
      return await work();
    } finally {
      this.pass(tenantId);
    }
  }

  private async take(tenantId: number): Promise<void> {
    const turns = this.tenants.get(tenantId);
    if (!turns) {
      this.tenants.set(tenantId, { running: 1, waiting: [] });
      return;
    }
    if (turns.running < this.atOnce) {
      turns.running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        turns.waiting.splice(turns.waiting.indexOf(waiter), 1);
        reject(
          new NoTurnError(`Tenant ${tenantId} has ${this.atOnce} writes under way, and waited for a turn in vain`),
        );
      }, this.waitMs);
      const waiter: Waiter = { begin: resolve, timer };
      turns.waiting.push(waiter);
    });
  }

  /** The turn goes to who has waited longest, so that nobody who comes now is before him. */
  private pass(tenantId: number): void {
    const turns = this.tenants.get(tenantId);
    if (!turns) throw new Error('A turn ended that nobody had');
    const next = turns.waiting.shift();
    if (next) {
      clearTimeout(next.timer);
      next.begin();
      return;
    }
    turns.running -= 1;
    if (turns.running === 0) this.tenants.delete(tenantId);
  }
}
