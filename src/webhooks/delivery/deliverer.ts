import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { Wakeup } from '../../platform/loop/wakeup.js';
import { DeliveryRun } from './delivery-run.js';
import { DeliverySignal } from './delivery-signal.js';
import { DeliveryStore, type DueDelivery } from './delivery-store.js';
import { EndpointWork } from './endpoint-work.js';
import { Places } from './places.js';
import { TenantRounds } from './tenant-rounds.js';

/** A worker that died keeps its endpoints from the others for this long; one that lives renews in time. */
const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;
/** A process that could not renew for this long no longer begins deliveries: another one may be at them. */
const TRUSTED_MS = 12_000;
/** How often it looks without a signal. */
const LOOK_EVERY_MS = 250;
/** Least time between two looks for endpoints, however many signals come; longer the more it has, so that others get some. */
const TAKE_EVERY_MS = 50;
const TAKE_SLOWER_MS = 2;
/** Endpoints taken at once, and held at most. */
const TAKEN_AT_ONCE = 20;
const HELD_AT_MOST = 500;
/** An endpoint stays with its worker for so long after its last delivery. */
const LINGER_MS = 2_000;
const AFTER_FAILURE_MS = 500;

/**
 * Delivers webhooks, in every worker. It leases endpoints that have something due, reads their deliveries ahead, and
 * begins them wherever there is a place, tenant after tenant and endpoint after endpoint. A stop finishes the calls
 * under way and gives the endpoints back; what a killed process had is taken over when its lease ends, and delivered
 * again where its outcome was not stored.
 */
@Injectable()
export class Deliverer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly owner = randomUUID();
  private readonly works = new Map<number, EndpointWork>();
  private readonly rounds = new TenantRounds<EndpointWork>();
  private readonly places: Places;
  private readonly wakeup = new Wakeup(1);
  private readonly loop: Loop;
  private readonly underWay = new Set<Promise<void>>();
  private stopListening?: () => void;
  private renewedAt = -Infinity;
  private tookAt = -Infinity;

  constructor(
    private readonly store: DeliveryStore,
    private readonly run: DeliveryRun,
    private readonly signal: DeliverySignal,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    this.places = new Places(settings.WEBHOOK_CONCURRENCY);
    this.loop = new Loop(
      {
        run: (stopping) => this.round(stopping),
        afterFailureMs: AFTER_FAILURE_MS,
        failed: 'webhooks are not delivered for the moment',
      },
      log,
    );
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.signal.listen(() => {
      for (const work of this.works.values()) work.refill();
      this.wakeup.wake();
    });
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopListening?.();
    const stopped = this.loop.stop();
    this.wakeup.wake();
    await stopped;
    await Promise.all(this.underWay);
    await this.giveBack([...this.works.keys()]);
  }

  private async round(stopping: AbortSignal): Promise<number> {
    const begin = performance.now();
    await this.renew(begin);
    await this.take(begin);
    await this.refresh();
    await this.read();
    this.begin(stopping);
    const idle = [...this.works].filter(([, work]) => work.isIdle(performance.now(), LINGER_MS)).map(([id]) => id);
    if (idle.length > 0) await this.giveBack(idle);
    if (!stopping.aborted) await this.wakeup.wait(LOOK_EVERY_MS);
    return 0;
  }

  private async renew(now: number): Promise<void> {
    if (this.works.size === 0) {
      this.renewedAt = now;
      return;
    }
    if (now - this.renewedAt < RENEW_EVERY_MS) return;
    const ours = await this.store.renew(this.owner, [...this.works.keys()], LEASE_MS);
    this.renewedAt = now;
    for (const id of [...this.works.keys()]) if (!ours.has(id)) this.forget(id);
  }

  private async take(now: number): Promise<void> {
    const room = Math.min(TAKEN_AT_ONCE, HELD_AT_MOST - this.works.size);
    if (room <= 0 || now - this.tookAt < TAKE_EVERY_MS + this.works.size * TAKE_SLOWER_MS) return;
    this.tookAt = now;
    const ids = await this.store.take(this.owner, LEASE_MS, room);
    const fresh = ids.filter((id) => !this.works.has(id));
    if (fresh.length === 0) return;
    for (const endpoint of await this.store.changed(fresh.map((id) => ({ id, version: null })))) {
      // Deleted in this moment: its lease went with it.
      if (endpoint.version === null) continue;
      const work = new EndpointWork(endpoint, this.settings.WEBHOOK_ENDPOINT_CONCURRENCY);
      this.works.set(endpoint.id, work);
      this.rounds.add(endpoint.tenant_id, endpoint.id, work);
    }
  }

  /** An endpoint that is changed, disabled or deleted is treated so from the next round on. */
  private async refresh(): Promise<void> {
    if (this.works.size === 0) return;
    const known = [...this.works].map(([id, { endpoint }]) => ({ id, version: endpoint.version }));
    for (const endpoint of await this.store.changed(known)) {
      if (endpoint.version === null) this.forget(endpoint.id);
      else this.works.get(endpoint.id)?.change(endpoint);
    }
  }

  private async read(): Promise<void> {
    const wanted = [...this.works]
      .map(([id, work]) => ({ id, work, room: work.room, begun: work.refills, known: work.due.known }))
      .filter(({ room }) => room > 0);
    if (wanted.length === 0) return;
    const found = new Map<number, DueDelivery[]>(wanted.map(({ id }) => [id, []]));
    for (const delivery of await this.store.due(wanted)) found.get(delivery.webhook_id)?.push(delivery);
    for (const { id, work, room, begun } of wanted) work.read(found.get(id) ?? [], room, begun);
  }

  /** Begins whatever there are places for. */
  private begin(stopping: AbortSignal): void {
    if (stopping.aborted || performance.now() - this.renewedAt > TRUSTED_MS) return;
    this.rounds.each((work) => !this.places.isFull && this.beginOne(work, stopping));
  }

  /** Answers whether the endpoint began a delivery. */
  private beginOne(work: EndpointWork, stopping: AbortSignal): boolean {
    if (work.due.startable === 0 || !work.endpoint.is_active) return false;
    const giveBack = this.places.take(work.places);
    if (!giveBack) return false;
    const delivery = work.due.begin();
    if (!delivery) {
      giveBack();
      return false;
    }
    const done = this.run
      .deliver(work, delivery, () => {
        giveBack();
        // At once, not in the next round: a quick endpoint has thousands a second of such moments.
        this.begin(stopping);
      })
      .finally(() => {
        work.due.end(delivery);
        this.underWay.delete(done);
        this.begin(stopping);
        if (work.room > 0) this.wakeup.wake();
      });
    this.underWay.add(done);
    return true;
  }

  private forget(id: number): void {
    const work = this.works.get(id);
    if (!work) return;
    work.due.clear();
    this.works.delete(id);
    this.rounds.remove(work.endpoint.tenant_id, id);
  }

  private async giveBack(ids: readonly number[]): Promise<void> {
    for (const id of ids) this.forget(id);
    if (ids.length === 0) return;
    try {
      await this.store.giveBack(this.owner, ids);
    } catch (error) {
      this.log.warn({ err: error }, 'endpoints of webhooks wait for the end of their lease');
    }
  }
}
