import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { IdentityHashes } from '../../contacts/erase/identity-hashes.js';
import { Settings } from '../../platform/config/settings.js';
import { isContention } from '../../platform/database/database-errors.js';
import { GroupedWriter } from '../../platform/database/grouped-writer.js';
import { Postgres } from '../../platform/database/postgres.js';
import { messageSendFailed, serviceUnavailable } from '../../platform/http/api-error.js';
import { IdempotencyKeys } from '../../platform/idempotency/idempotency-keys.js';
import { Log } from '../../platform/logging/log.js';
import { DeliveryRelease } from '../../platform/queue/delivery-release.js';
import type { Outcome } from '../../platform/queue/outcome-channel.js';
import { shownError } from '../message-error.js';
import { acceptGroup, type AcceptOptions } from './accept-group.js';
import { NotTogether, RefusedMidway } from './group-errors.js';
import type { AcceptedMessage, Acceptance, OutboundItem, OutboundMessage } from './outbound-message.js';
import { OutcomeReader } from './outcome-reader.js';
import { OutcomeWaiter } from './outcome-waiter.js';
import { rehearse } from './rehearse.js';

/** What became of a send while its caller waited. */
export interface Sent {
  status: 'sent' | 'queued';
  /** WhatsApp's id; null while queued. */
  wamid: string | null;
  sentAt: Date | null;
}

/** Under load groups begin at most this often, milliseconds: a dozen messages in one cost little more than one. */
const SPACING_MS = 20;

/**
 * How long a number that could not take a release is left to the feeder, milliseconds. Its messages are stored as due
 * at once, which saves asking Redis again and moving each row afterwards.
 */
const BACKLOGGED_MS = 200;

/**
 * The one way out for every kind of message: stored with its contact and chat in one transaction (grouped with what
 * arrives at the same time), released to the workers, and waited for as long as the caller likes.
 */
@Injectable()
export class OutboundService implements OnModuleDestroy {
  private readonly writer: GroupedWriter<OutboundItem, Acceptance>;
  private readonly releases = new Set<Promise<void>>();
  /** Until when (performance.now()) a number's messages go to the feeder. */
  private readonly backloggedUntil = new Map<number, number>();

  constructor(
    private readonly postgres: Postgres,
    private readonly release: DeliveryRelease,
    private readonly waiter: OutcomeWaiter,
    private readonly reader: OutcomeReader,
    private readonly keys: IdempotencyKeys,
    private readonly hashes: IdentityHashes,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    this.writer = new GroupedWriter<OutboundItem, Acceptance>({
      tenantOf: (item) => item.message.tenantId,
      splitsOn: (error) => error instanceof RefusedMidway || error instanceof NotTogether,
      spacingMs: SPACING_MS,
      write: (items) => this.acceptAndRelease(items),
    });
  }

  /**
   * Stores the message; from here on it is never lost. `waitMs` opens a wait for WhatsApp's answer, to be ended by
   * {@link outcome}; nobody waits for a scheduled message.
   * @throws ApiError when it may not be sent: nothing is stored then
   */
  async accept(
    message: OutboundMessage,
    waitMs: number,
  ): Promise<{ accepted: AcceptedMessage; outcome: () => Promise<Sent> }> {
    const wait = waitMs > 0 && message.sendAt === undefined ? this.waiter.open() : null;
    let accepted: AcceptedMessage | undefined;
    try {
      const result = await this.writer.add({ message, waiter: wait?.address ?? null });
      if ('refused' in result) throw result.refused;
      accepted = result.accepted;
    } finally {
      if (!accepted) wait?.cancel();
    }
    const { messageId } = accepted;
    return {
      accepted,
      outcome: async () => {
        if (!wait) return { status: 'queued', wamid: null, sentAt: null };
        return sentOf(messageId, (await wait.outcome(waitMs)) ?? (await this.lastRead(message.tenantId, messageId)));
      },
    };
  }

  /**
   * Finds out what {@link accept} would do with the message now; nothing is stored.
   * @throws ApiError when it may not be sent, 503 when rows that it needs stay locked
   */
  async rehearse(message: OutboundMessage): Promise<AcceptedMessage> {
    const result = await rehearse(this.postgres, message, this.acceptOptions()).catch((error: unknown) => {
      throw isContention(error) ? serviceUnavailable(error) : error;
    });
    if ('refused' in result) throw result.refused;
    return result.accepted;
  }

  /** The message is stored, whatever happens here: without an answer it counts as queued. */
  private async lastRead(tenantId: number, messageId: number): Promise<Omit<Outcome, 'key'> | null> {
    try {
      return await this.reader.read(tenantId, messageId);
    } catch (error) {
      this.log.warn({ err: error, message_id: messageId }, 'an outcome could not be read');
      return null;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.writer.drain();
    await Promise.all(this.releases);
  }

  private async acceptAndRelease(items: OutboundItem[]): Promise<Acceptance[]> {
    const results = await acceptGroup(this.postgres, items, this.acceptOptions());
    const accepted = results.flatMap((result) =>
      'accepted' in result && !result.accepted.leftToFeeder && !result.accepted.heldByLane ? [result.accepted] : [],
    );
    // Not awaited: the messages are stored, and whether their release works decides nothing the caller is told.
    const release = this.releaseAll(accepted).finally(() => this.releases.delete(release));
    this.releases.add(release);
    return results;
  }

  private acceptOptions(): AcceptOptions {
    return {
      isBacklogged: (numberId) => this.isBacklogged(numberId),
      orderHoldS: this.settings.ORDER_HOLD_S,
      keys: this.keys,
      hashes: this.hashes,
    };
  }

  private isBacklogged(numberId: number): boolean {
    const until = this.backloggedUntil.get(numberId);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.backloggedUntil.delete(numberId);
    return false;
  }

  /** What the rate, a backlog or an absent Redis keeps back is left to the workers' feeder, at once. */
  private async releaseAll(accepted: AcceptedMessage[]): Promise<void> {
    if (accepted.length === 0) return;
    try {
      const { ids, pairFull } = await this.release.release(
        accepted.map(({ messageId, numberId, ratePerSecond, numberResumedAt, recipient, priority }) => ({
          id: messageId,
          generation: 1,
          numberId,
          ratePerSecond,
          resumedAt: numberResumedAt,
          recipient,
          priority,
        })),
      );
      const kept = accepted.filter(({ messageId }) => !ids.has(messageId));
      if (kept.length === 0) return;
      for (const { messageId, numberId, priority } of kept) {
        // A full pair says nothing about the number, and one-time codes wait for no backlog.
        if (priority > 0 && !pairFull.has(messageId)) {
          this.backloggedUntil.set(numberId, performance.now() + BACKLOGGED_MS);
        }
      }
      await this.postgres.query(
        'outbound_hand_to_feeder',
        `UPDATE messages m SET next_at = now() + i.delay_ms * interval '1 millisecond'
           FROM unnest($1::bigint[], $2::int[]) AS i (id, delay_ms)
          WHERE m.id = i.id AND m.status = 'queued' AND m.generation = 1 AND m.attempt_state IS NULL`,
        [kept.map(({ messageId }) => messageId), kept.map(({ messageId }) => pairFull.get(messageId) ?? 0)],
      );
    } catch (error) {
      // The rows' next_at makes the feeder find them all the same, a little later.
      this.log.warn({ err: error, messages: accepted.length }, 'accepted messages could not be released at once');
    }
  }
}

/** What an outcome means for the caller. @throws ApiError 500 MESSAGE_SEND_FAILED when WhatsApp refused the message */
export function sentOf(messageId: number, outcome: Omit<Outcome, 'key'> | null): Sent {
  if (outcome?.status === 'failed' && outcome.error) {
    const { code, title, details, retryable } = outcome.error;
    throw messageSendFailed(messageId, retryable, shownError({ code, title, details }));
  }
  if (outcome?.wamid) {
    return { status: 'sent', wamid: outcome.wamid, sentAt: outcome.sent_at ? new Date(outcome.sent_at) : null };
  }
  return { status: 'queued', wamid: null, sentAt: null };
}
