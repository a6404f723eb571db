import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { Wakeup } from '../../platform/loop/wakeup.js';
import { DeliveryRun } from './delivery-run.js';
import { DeliverySignal } from './delivery-signal.js';
import { DeliveryStore, type DueDelivery, type LeasedEndpoint } from './delivery-store.js';
import { EndpointWork } from './endpoint-work.js';
import { HeldEndpoints } from './held-endpoints.js';
import { Places } from './places.js';

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
/** A look that took long is followed by a pause of so many times that: looking is a part of the database's work, not all of it. */
const PAUSE_PER_LOOK = 2;
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
  private readonly held = new HeldEndpoints();
  private readonly places: Places;
  private readonly wakeup = new Wakeup(1);
  private readonly loop: Loop;
  private readonly underWay = new Set<Promise<void>>();
  private stopListening?: () => void;
  private renewedAt = -Infinity;
  /** No look for endpoints before. */
  private lookAt = -Infinity;
  /** The last look found as many as there was room for. */
  private moreWait = false;

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
      for (const work of this.held.all) work.refill();
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
    await this.giveBack(this.held.ids);
  }

  private async round(stopping: AbortSignal): Promise<number> {
    const begin = performance.now();
    await this.renew(begin);
    this.held.rotate(begin);
    await this.take();
    await this.refresh();
    await this.read();
    this.begin(stopping);
    await this.leave(this.held.idle(performance.now()));
    if (!stopping.aborted) await this.wakeup.wait(this.moreWait ? this.untilLook() : LOOK_EVERY_MS);
    return 0;
  }

  private async renew(now: number): Promise<void> {
    if (this.held.size === 0) {
      this.renewedAt = now;
      return;
    }
    if (now - this.renewedAt < RENEW_EVERY_MS) return;
    const ours = await this.store.renew(this.owner, this.held.ids, LEASE_MS);
    this.renewedAt = now;
    for (const id of this.held.ids) if (!ours.has(id)) this.held.forget(id);
  }

  private async take(): Promise<void> {
    const begin = performance.now();
    const room = this.held.room(begin);
    if (begin < this.lookAt || room.sound + room.troubled === 0) return;
    const taken = await this.store.take(this.owner, LEASE_MS, room);
    const end = performance.now();
    this.moreWait = room.sound > 0 && taken.filter(({ troubled }) => !troubled).length >= room.sound;
    const pause = this.moreWait ? TAKE_EVERY_MS : TAKE_EVERY_MS + this.held.size * TAKE_SLOWER_MS;
    this.lookAt = end + Math.max(pause, PAUSE_PER_LOOK * (end - begin));
    const fresh = new Map(taken.filter(({ id }) => !this.held.of(id)).map(({ id, troubled }) => [id, troubled]));
    if (fresh.size === 0) return;
    for (const endpoint of await this.readEndpoints([...fresh.keys()])) {
      // Deleted in this moment: its lease went with it.
      if (endpoint.version === null) continue;
      const { WEBHOOK_ENDPOINT_CONCURRENCY: most } = this.settings;
      this.held.add(new EndpointWork(endpoint, most, fresh.get(endpoint.id) === true));
    }
  }

  /** Those that were taken and cannot be read are left to others at once. */
  private async readEndpoints(ids: readonly number[]): Promise<LeasedEndpoint[]> {
    try {
      return await this.store.changed(ids.map((id) => ({ id, version: null })));
    } catch (error) {
      await this.giveBack(ids);
      throw error;
    }
  }

  private untilLook(): number {
    return Math.max(TAKE_EVERY_MS, Math.min(LOOK_EVERY_MS, this.lookAt - performance.now()));
  }

  /** An endpoint that is changed, disabled or deleted is treated so from the next round on. */
  private async refresh(): Promise<void> {
    if (this.held.size === 0) return;
    const known = this.held.all.map(({ endpoint: { id, version } }) => ({ id, version }));
    for (const endpoint of await this.store.changed(known)) {
      if (endpoint.version === null) this.held.forget(endpoint.id);
      else this.held.of(endpoint.id)?.change(endpoint);
    }
  }

  private async read(): Promise<void> {
    const wanted = this.held.all
      .map((work) => ({
        id: work.endpoint.id,
        work,
        room: work.room,
        begun: work.refills,
        known: work.due.known,
      }))
      .filter(({ room }) => room > 0);
    if (wanted.length === 0) return;
    const found = new Map<number, DueDelivery[]>(wanted.map(({ id }) => [id, []]));
    for (const delivery of await this.store.due(wanted)) found.get(delivery.webhook_id)?.push(delivery);
    for (const { id, work, room, begun } of wanted) work.read(found.get(id) ?? [], room, begun);
  }

  /** Begins whatever there are places for. */
  private begin(stopping: AbortSignal): void {
    if (stopping.aborted || performance.now() - this.renewedAt > TRUSTED_MS) return;
    this.held.eachInTurn((work) => !this.places.isFull && this.beginOne(work, stopping));
  }

  /** Answers whether the endpoint began a delivery. */
  private beginOne(work: EndpointWork, stopping: AbortSignal): boolean {
    const now = performance.now();
    if (work.due.startable === 0 || !work.mayBegin(now)) return false;
    const giveBack = this.places.take(work.places);
    if (!giveBack) return false;
    const delivery = work.due.begin();
    if (!delivery) {
      giveBack();
      return false;
    }
    const ended = work.call(now);
    const done = this.run
      .deliver(work, delivery, () => {
        ended();
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

  /** Gives endpoints to whoever takes them next; those that make room for others of their kind go behind them. */
  private async leave(works: readonly EndpointWork[]): Promise<void> {
    if (works.length === 0) return;
    const now = performance.now();
    const aside = works
      .filter((work) => work.isLeaving)
      .map((work) => ({ id: work.endpoint.id, restMs: work.restMs(now), troubled: work.isTroubled(now) }));
    if (aside.length > 0) {
      await this.letGo(
        aside.map(({ id }) => id),
        () => this.store.setAside(this.owner, aside),
      );
    }
    await this.giveBack(works.filter((work) => !work.isLeaving).map(({ endpoint }) => endpoint.id));
  }

  private async giveBack(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.letGo(ids, () => this.store.giveBack(this.owner, ids));
  }

  private async letGo(ids: readonly number[], store: () => Promise<void>): Promise<void> {
    for (const id of ids) this.held.forget(id);
    try {
      await store();
    } catch (error) {
      this.log.warn({ err: error }, 'endpoints of webhooks wait for the end of their lease');
    }
  }
}
