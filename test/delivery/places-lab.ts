import { MessagingPlaces, type PlaceDecision } from '../../src/delivery/tier/messaging-places.js';
import type { Place } from '../../src/delivery/tier/places.js';
import { Log } from '../../src/platform/logging/log.js';
import { Outbox } from './outbox.js';

/** So many different recipients. */
export const people = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => `2010${from + n}`);

/** The places of messaging limits, on a database of its own, one portfolio at a time. */
export class PlacesLab {
  private numbered = 0;

  private constructor(
    readonly outbox: Outbox,
    readonly places: MessagingPlaces,
  ) {}

  static async create(): Promise<PlacesLab> {
    const outbox = await Outbox.create();
    return new PlacesLab(outbox, new MessagingPlaces(outbox.postgres, new Log(outbox.settings)));
  }

  close(): Promise<void> {
    return this.outbox.close();
  }

  /** The portfolio that everything here is about, unless another is named. */
  get portfolio(): string {
    return `business:${this.numbered}`;
  }

  /** From here on it is one that nobody has sent for. */
  newPortfolio(): void {
    this.numbered += 1;
  }

  take(recipient: string, tier: string | null = 'TIER_3', portfolio = this.portfolio): Promise<PlaceDecision> {
    return this.places.take({ portfolio, tier, recipient });
  }

  /** Takes a place for somebody who has none. */
  async placeOf(recipient: string, tier = 'TIER_3'): Promise<Place> {
    const decision = await this.take(recipient, tier);
    if (decision.kind !== 'granted' || !decision.place) throw new Error('no new place was taken');
    return decision.place;
  }

  /** The kept count, and the rows that it stands for. */
  async counted(portfolio = this.portfolio): Promise<{ kept: number; rows: number }> {
    const { rows } = await this.outbox.postgres.pool.query<{ kept: number; rows: number }>(
      `SELECT p.recipients AS kept, (SELECT count(*)::int FROM messaging_recipients r WHERE r.portfolio_id = p.id) AS rows
         FROM messaging_portfolios p WHERE p.portfolio = $1`,
      [portfolio],
    );
    return rows[0] ?? { kept: 0, rows: 0 };
  }

  /** As if this much time had passed, by moving what is stored. */
  pass(interval: string): Promise<void> {
    return this.outbox.run(
      `WITH p AS (UPDATE messaging_portfolios SET promised_until = promised_until - $2::interval
                   WHERE portfolio = $1 RETURNING id)
       UPDATE messaging_recipients r SET expires_at = expires_at - $2::interval FROM p WHERE r.portfolio_id = p.id`,
      [this.portfolio, interval],
    );
  }
}
