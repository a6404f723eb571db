import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { StorePayloadNotDue } from '../../messages/outbound/group-errors.js';
import { Settings } from '../../platform/config/settings.js';
import { toApiError } from '../../platform/http/to-api-error.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { rulesOf } from '../store-listener.js';
import { judgePayload, onceHashOf } from './judge-payload.js';
import { MOST_TRIES } from '../store/retention.js';
import { type DuePayload, PayloadStore } from './payload-store.js';
import { alreadySent, type Reason, TemplateSends } from './template-sends.js';

/** Payloads that one process works at, and those of one tenant among them. */
const AT_ONCE = 12;
const PER_TENANT = 3;
/** How often a process looks for payloads that nobody told it of, milliseconds. */
const LOOK_EVERY_MS = 1000;
const AFTER_FAILURE_MS = 1000;
/** Pauses after what a later try may heal (the database or the media store is away): doubled up to five minutes. */
const POSTPONE_S = 2;
const POSTPONE_MOST_S = 300;

const DISABLED: Reason = { code: 'LISTENER_DISABLED', message: 'The listener is disabled.' };
const SUSPENDED: Reason = { code: 'ACCOUNT_NOT_ACTIVE', message: 'The account is not active.' };

const REPLACED: Reason = {
  code: 'REPLACED',
  message: 'A newer payload for the same once_per came during the delay.',
};

/**
 * Works off what stores delivered, in every API process, under leases: what a process had in hand when it died is taken up
 * when its lease ends. A message and the end of its payload are one transaction, so nothing is sent twice.
 */
@Injectable()
export class PayloadWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly working = new Map<number, { tenantId: number; done: Promise<void> }>();
  private readonly loop: Loop;
  private wakeUp: () => void = () => undefined;
  private awake = false;

  constructor(
    private readonly payloads: PayloadStore,
    private readonly sends: TemplateSends,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.loop = new Loop(
      {
        run: () => this.round(),
        afterFailureMs: AFTER_FAILURE_MS,
        failed: 'what stores delivered is not worked off for the moment',
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
    await Promise.all([...this.working.values()].map(({ done }) => done));
  }

  /** There is something new, or a free place. */
  wake(): void {
    this.awake = true;
    this.wakeUp();
  }

  private async round(): Promise<number> {
    this.awake = false;
    const free = AT_ONCE - this.working.size;
    const inWork = [...this.working.values()].map(({ tenantId }) => tenantId);
    const claimed = free > 0 ? await this.payloads.claim(free, PER_TENANT, this.settings.STORE_LEASE_S, inWork) : [];
    for (const payload of claimed) {
      const done = this.work(payload).finally(() => {
        this.working.delete(payload.payload_id);
        this.wake();
      });
      this.working.set(payload.payload_id, { tenantId: payload.tenant_id, done });
    }
    // What is claimed may leave more of the same behind; without any, somebody tells, or time does.
    if (claimed.length === 0 && !this.awake) await this.rest();
    return 0;
  }

  private async rest(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wakeUp = resolve;
    });
    await Promise.race([woken, this.loop.pause(LOOK_EVERY_MS)]);
    this.wakeUp = () => undefined;
  }

  /** Never rejects: what could not be ended is due again after its lease. */
  private async work(payload: DuePayload): Promise<void> {
    try {
      await this.act(payload);
      await this.payloads.trim(payload.id);
    } catch (error) {
      this.log.warn({ err: error, ...this.named(payload) }, "a store's payload waits for the end of its lease");
    }
  }

  private async act(payload: DuePayload): Promise<void> {
    const { payload_id: payloadId, id: listenerId, tenant_id: tenantId, request_id: requestId, tries } = payload;
    let phone: string | null = null;
    try {
      // Looked at now, not when it came: what waited must not leave once its tenant has switched it off.
      const passedOver = reasonToPassOver(payload);
      if (passedOver) return await this.end(payload, 'skipped', passedOver, phone);
      // It may be what kills its processes.
      if (tries > payload.last_try) throw new Error('A payload was tried too often');
      const judgement = judgePayload(rulesOf(payload), JSON.parse(payload.body.toString('utf8')));
      ({ phone } = judgement);
      const against = await this.sends.reasonAgainst(tenantId, listenerId, judgement);
      if (against) return await this.end(payload, 'skipped', against, phone);
      const onceHash = judgement.once === null ? null : onceHashOf(judgement.once);
      const storePayload = { payloadId, listenerId, tries, onceHash };
      const leftOut = await this.sends.send(judgement, { tenantId, requestId, waitMs: 0, key: null, storePayload });
      this.metrics.stores.payloads.inc({ outcome: 'sent' });
      if (leftOut) await this.payloads.note(payload, leftOut);
    } catch (error) {
      await this.failed(payload, error, phone);
    }
  }

  private async failed(payload: DuePayload, error: unknown, phone: string | null): Promise<void> {
    if (error instanceof StorePayloadNotDue) {
      if (error.why === 'once') return this.end(payload, 'skipped', alreadySent(), phone);
      this.log.info(this.named(payload), "a store's payload was settled by somebody else");
      return;
    }
    const refusal = toApiError(error);
    if (refusal.status >= 500 && payload.tries < payload.last_try) {
      this.log.warn(
        { err: error, ...this.named(payload) },
        "a store's payload could not be worked off; it is tried again",
      );
      this.metrics.stores.payloads.inc({ outcome: 'postponed' });
      return this.payloads.postpone(
        payload,
        Math.min(POSTPONE_MOST_S, POSTPONE_S * 2 ** Math.min(MOST_TRIES - (payload.last_try - payload.tries), 10)),
        phone,
      );
    }
    await this.end(payload, 'failed', reasonOf(refusal), phone);
  }

  private async end(
    payload: DuePayload,
    outcome: 'skipped' | 'failed',
    reason: Reason,
    phone: string | null,
  ): Promise<void> {
    if (await this.payloads.settle(payload, outcome, reason, phone)) this.metrics.stores.payloads.inc({ outcome });
  }

  private named({ payload_id, tenant_id, id }: DuePayload) {
    return { payload_id, tenant_id, listener_id: id };
  }
}

function reasonToPassOver(payload: DuePayload): Reason | undefined {
  if (!payload.is_tenant_active) return SUSPENDED;
  if (!payload.enabled) return DISABLED;
  return payload.is_replaced ? REPLACED : undefined;
}

/** A refusal of `POST /messages/template` as the reason why a payload, or a dry run, leads to nothing. */
export const reasonOf = ({ code, message, details }: Reason): Reason => ({
  code,
  message,
  ...(details && { details }),
});
