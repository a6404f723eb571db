import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DecryptionError } from '../../platform/crypto/encryption.js';
import { GroupedWriter } from '../../platform/database/grouped-writer.js';
import { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { EndpointSwitch } from '../endpoints/endpoint-switch.js';
import { type AttemptEvent, type AttemptResult, DeliveryAttempt, notSent } from './delivery-attempt.js';
import { deadWithoutAttempt, type DeliveryEnd, endOf, isGivenUp } from './delivery-end.js';
import { DeliveryStore, type DueDelivery, type LeasedEndpoint } from './delivery-store.js';
import type { EndpointWork } from './endpoint-work.js';
import { GIVE_UP_AFTER_MS } from './retry-schedule.js';

/** Outcomes stored by one statement. */
const GROUP = 200;
/** A steady stream of outcomes is stored this often, milliseconds. */
const SPACING_MS = 10;
/** An endpoint whose delivery failed on our side rests so long: it would be sent the same at once, again and again. */
const REST_MS = 5_000;
/** What the tenant is told when the endpoint's secret, or its own headers, cannot be opened. */
const NOT_OPENED = 'Nothing was sent: the platform could not read the stored secret or headers of the endpoint.';

/** What is to be stored of a delivery. */
interface MadeDelivery {
  readonly end: DeliveryEnd;
  /** Why nothing was sent, by our own fault. */
  readonly fault?: DecryptionError;
}

/** Carries one due delivery out: the attempt, what is stored of it, and what follows for its endpoint. */
@Injectable()
export class DeliveryRun implements OnModuleDestroy {
  private readonly writer: GroupedWriter<DeliveryEnd, DeliveryEnd>;

  constructor(
    private readonly attempt: DeliveryAttempt,
    private readonly store: DeliveryStore,
    private readonly endpoints: EndpointSwitch,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.writer = new GroupedWriter({
      write: async (ends) => {
        await this.store.end(ends);
        return ends;
      },
      tenantOf: ({ tenantId }) => tenantId,
      maxItems: GROUP,
      spacingMs: SPACING_MS,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.writer.drain();
  }

  /**
   * Never rejects: an outcome that could not be stored, or a fault of the program, leaves its delivery due; after a rest
   * of the endpoint it is made again.
   * @param called the call has ended; its place is free, though its outcome still has to be stored
   */
  async deliver(work: EndpointWork, delivery: DueDelivery, called: () => void): Promise<void> {
    const { endpoint } = work;
    let isCalled = false;
    const freed = (): void => {
      if (!isCalled) called();
      isCalled = true;
    };
    try {
      const { end, fault } = await this.made(work, delivery);
      if (fault) this.rest(work, delivery, fault);
      freed();
      await this.writer.add(end);
      if (!fault) work.stored();
      this.count(end, delivery);
      await this.settle(endpoint, end);
    } catch (error) {
      this.rest(work, delivery, error);
    } finally {
      freed();
    }
  }

  private rest(work: EndpointWork, delivery: DueDelivery, error: unknown): void {
    if (!work.rest(performance.now() + REST_MS)) return;
    this.log.warn(
      { err: error, tenant_id: delivery.tenant_id, webhook_id: delivery.webhook_id, delivery_id: delivery.id },
      'webhooks could not be made, or what became of them could not be stored; they are tried again',
    );
  }

  private async made(work: EndpointWork, delivery: DueDelivery): Promise<MadeDelivery> {
    const { event_id: eventId, payload } = delivery;
    if (eventId === null || payload === null) {
      return { end: deadWithoutAttempt(delivery, new Date(), 'The event is stored no more.') };
    }
    if (isGivenUp(delivery, work.endpoint)) {
      return { end: deadWithoutAttempt(delivery, new Date(), 'The endpoint was disabled for too long.') };
    }
    const { result, fault } = await this.attempted(work.endpoint, { eventId, payload });
    // At its end: another call that ran at the same time may have failed.
    const wasFailing = work.failing;
    work.learn({ ...result, delivered: result.outcome === 'delivered' });
    if (!fault) this.metrics.outgoingWebhooks.duration.observe(result.durationMs / 1000);
    if (result.outcome === 'delivered') this.observeLag(delivery, result);
    return { end: endOf(delivery, result, wasFailing), fault };
  }

  /**
   * A secret that cannot be opened is a failure like others, with their schedule and their end: one that nobody can open
   * any more would keep its deliveries waiting for ever.
   */
  private async attempted(
    endpoint: LeasedEndpoint,
    event: AttemptEvent,
  ): Promise<{ result: AttemptResult; fault?: DecryptionError }> {
    try {
      return { result: await this.attempt.make(endpoint, event) };
    } catch (error) {
      if (!(error instanceof DecryptionError)) throw error;
      return { result: notSent(endpoint, NOT_OPENED), fault: error };
    }
  }

  /** From the change to the receiver's yes; retries are left out, for the receiver's absence is not our delay. */
  private observeLag({ attempts, occurred_at: occurredAt }: DueDelivery, { at, durationMs }: AttemptResult): void {
    if (attempts > 0 || occurredAt === null) return;
    this.metrics.outgoingWebhooks.lag.observe(Math.max(0, at.getTime() + durationMs - occurredAt.getTime()) / 1000);
  }

  private count({ outcome, row }: DeliveryEnd, { attempts }: DueDelivery): void {
    const { attempts: made, deadLetters } = this.metrics.outgoingWebhooks;
    if (outcome !== null) made.inc({ outcome, attempt: attempts === 0 ? 'first' : 'retry' });
    if (row.status === 'dead') deadLetters.inc();
  }

  /** An endpoint that says 410, or has failed for three days, is disabled, unless it is elsewhere by now. */
  private async settle(
    { id, tenant_id: tenantId, failing_since: since }: LeasedEndpoint,
    { outcome, gone, at, row }: DeliveryEnd,
  ): Promise<void> {
    if (outcome !== 'failed' || row.request === null) return;
    const { url } = row.request;
    if (gone) await this.endpoints.disable({ tenantId, id, url }, 'gone');
    else if (since !== null && at.getTime() - since.getTime() >= GIVE_UP_AFTER_MS) {
      await this.endpoints.disable({ tenantId, id, url }, 'failing');
    }
  }
}
