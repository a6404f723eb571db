import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { GroupedWriter } from '../../platform/database/grouped-writer.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { tierLimit } from '../../whatsapp/connection/messaging-tier.js';
import { returnPlace, takePlaces, type Place, type PlaceAnswer } from './places.js';

/** A held message looks again at the latest after this time: a raised tier is noticed by then. Milliseconds. */
export const LONGEST_WAIT_MS = 3_600_000;
/** Spreads those that look when a place comes free, so that they do not all come in the same moment. */
const JITTER_MS = 1000;
/** Portfolios whose groups are remembered; one that is forgotten begins a new group. */
const PORTFOLIOS = 10_000;

/** Who is to be sent a template outside the service window, and under which limit. */
export interface PlaceRequest {
  /** whatsapp_accounts.portfolio */
  readonly portfolio: string;
  /** phone_numbers.messaging_limit_tier */
  readonly tier: string | null;
  /** The address that WhatsApp is given: digits, or a user id. */
  readonly recipient: string;
}

export type PlaceDecision =
  /** `place`: what to give back when WhatsApp did not take the message; null when nothing new was taken. */
  { readonly kind: 'granted'; readonly place: Place | null } | { readonly kind: 'full'; readonly waitMs: number };

/**
 * The messaging limit of business portfolios (WhatsApp, "Messaging limits"): unique people who are sent templates
 * outside their service windows, in rolling 24 hours, over all numbers of the portfolio. Counted in Postgres, so all
 * workers together grant exactly what the tier allows.
 *
 * What arrives together for one portfolio is one statement. Portfolios never share one: who waits for the lock of a
 * busy portfolio holds up nobody else.
 */
@Injectable()
export class MessagingPlaces {
  private readonly writers = new LRUCache<string, GroupedWriter<string, PlaceAnswer>>({ max: PORTFOLIOS });

  constructor(
    private readonly postgres: Postgres,
    private readonly log: Log,
  ) {}

  /**
   * Takes a place; somebody who counts already costs nothing, and counts from now on. Under a tier that is not known
   * people are counted without a limit, so that the count is right when it becomes known. Rejects when the database is
   * away.
   */
  async take({ portfolio, tier, recipient }: PlaceRequest): Promise<PlaceDecision> {
    const limit = tierLimit(tier);
    if (limit === 'unlimited') return { kind: 'granted', place: null };
    const { place, isNew, waitMs } = await this.writer(portfolio, limit).add(recipient);
    if (place === null) return { kind: 'full', waitMs: spread(waitMs, Math.random()) };
    return { kind: 'granted', place: isNew ? { portfolio, recipient, mark: place } : null };
  }

  /**
   * Gives a place back unless somebody has used it since. Only for messages that WhatsApp surely did not take. Never
   * rejects: a place that cannot be given back counts until its time is over, which is on the safe side.
   */
  async giveBack(place: Place): Promise<void> {
    try {
      await returnPlace(this.postgres, place);
    } catch (error) {
      this.log.warn({ err: error, portfolio: place.portfolio }, 'a place under the messaging limit stays taken');
    }
  }

  private writer(portfolio: string, limit: number | null): GroupedWriter<string, PlaceAnswer> {
    const key = `${limit} ${portfolio}`;
    const known = this.writers.get(key);
    if (known) return known;
    const writer = new GroupedWriter<string, PlaceAnswer>({
      // One party: a group is taken from it in the order of arrival.
      tenantOf: () => 0,
      maxItems: 400,
      maxInFlight: 1,
      write: (recipients) => takePlaces(this.postgres, { portfolio, limit, recipients, lookAheadMs: LONGEST_WAIT_MS }),
    });
    this.writers.set(key, writer);
    return writer;
  }
}

/** `waitMs` null: no place comes free within the longest wait that is not promised to others. */
export function spread(waitMs: number | null, random: number): number {
  if (waitMs === null) return Math.round(LONGEST_WAIT_MS * (0.5 + random / 2));
  return Math.round(Math.min(waitMs + random * JITTER_MS, LONGEST_WAIT_MS));
}
