import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { DeliveryRelease } from '../../platform/queue/delivery-release.js';
import { GiveBack } from '../recovery/give-back.js';
import type { WokenMessage } from './wake-lanes.js';

/**
 * Hands woken messages to the workers, so that a lane goes on within milliseconds of the outcome it waited for. What
 * cannot leave now (a backlog before it, a full pair, Redis away) is given back to the feeder; what dies with this process comes
 * back when its release lapses.
 */
@Injectable()
export class WokenMessages implements OnModuleDestroy {
  private readonly releases = new Set<Promise<void>>();

  constructor(
    private readonly deliveryRelease: DeliveryRelease,
    private readonly giveBack: GiveBack,
    private readonly log: Log,
  ) {}

  /** To be called after the commit. Never throws, and nobody waits for it. */
  release(woken: readonly WokenMessage[]): void {
    if (woken.length === 0) return;
    const release = this.releaseAll([...woken]).finally(() => this.releases.delete(release));
    this.releases.add(release);
  }

  private async releaseAll(woken: WokenMessage[]): Promise<void> {
    try {
      const { ids, pairFull } = await this.deliveryRelease.release(woken);
      const kept = woken.filter(({ id }) => !ids.has(id));
      await Promise.all(
        kept.map(({ id, generation, numberId }) =>
          this.giveBack.released({ id, generation, number_id: numberId, delayMs: pairFull.get(id) }),
        ),
      );
    } catch (error) {
      this.log.debug({ err: error, messages: woken.length }, 'woken messages could not be given back');
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.releases);
  }
}
