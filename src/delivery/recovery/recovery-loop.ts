import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Postgres } from '../../platform/database/postgres.js';
import { Log } from '../../platform/logging/log.js';
import { Loop } from '../../platform/loop/loop.js';
import { OutcomeChannel } from '../../platform/queue/outcome-channel.js';
import { sweepLanes } from '../lanes/wake-lanes.js';
import { WokenMessages } from '../lanes/woken-messages.js';
import { sweepParkedStatuses } from '../status/parked-statuses.js';
import { publishAdvanced } from '../status/publish-advanced.js';
import { type Hold, readHold } from '../hold/hold-state.js';
import { expireMessages } from './expire-messages.js';
import { Feeder } from './feeder.js';
import { resendCodes, settleUnknown, wipeExpiredCodes } from './settle-unknown.js';

const BATCH = 200;
const SWEEP_MS = 1000;
/** A step that failed rests at most this long before it is tried again. */
const FAILED_REST_MS = 60_000;
const LOCK_TIMEOUT_MS = 200;

/**
 * Finds in Postgres what is due, in every worker: releases, lapsed leases, expiry, unknown outcomes, parked
 * statuses, lanes that nobody woke. Looks again at once while it knows of work, else every
 * RECOVERY_INTERVAL_MS. A step that fails is tried again at the next look and stops none of the others.
 *
 * While all delivery is held nothing expires and nothing is settled: what the database says about a message may be
 * older than the message. The feeder sees the hold in its own statements.
 */
@Injectable()
export class RecoveryLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: Loop;
  private readonly restsUntil = new Map<string, number>();
  private hold: Hold | null = null;
  /** Chat up to which lanes were looked at; 0: to begin again. */
  private sweptUntil = 0;

  constructor(
    private readonly feeder: Feeder,
    private readonly postgres: Postgres,
    private readonly channel: OutcomeChannel,
    private readonly woken: WokenMessages,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {
    const { RECOVERY_INTERVAL_MS: afterFailureMs } = settings;
    this.loop = new Loop({ run: () => this.look(), afterFailureMs, failed: 'a look of the recovery failed' }, log);
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** Every step that is due; answers how long to wait before the next look. */
  private async look(): Promise<number> {
    const { RECOVERY_INTERVAL_MS } = this.settings;
    let waitMs = RECOVERY_INTERVAL_MS;
    await this.step('feed', 0, async () => {
      const { againInMs } = await this.feeder.round();
      if (againInMs !== null) waitMs = Math.min(waitMs, Math.max(againInMs, 1));
      return false;
    });
    const held = await this.lookForHold();
    await this.step('expire', RECOVERY_INTERVAL_MS, async () => {
      if (held) return false;
      const { expired, woken } = await expireMessages(this.postgres, BATCH);
      this.woken.release(woken);
      return expired.length === BATCH;
    });
    await this.step('wipe', SWEEP_MS, async () => (await wipeExpiredCodes(this.postgres, BATCH)) === BATCH);
    await this.step('settle', SWEEP_MS, async () => !held && (await this.settle()));
    await this.step('parked', SWEEP_MS, () => this.sweepParked());
    await this.step('lanes', SWEEP_MS, () => this.sweepLanes());
    return waitMs;
  }

  /** Whether all delivery is held; also when nobody can say. */
  private async lookForHold(): Promise<boolean> {
    const before = this.hold;
    try {
      this.hold = await readHold(this.postgres);
    } catch (error) {
      this.log.warn({ err: error }, 'whether delivery is held cannot be read');
      return true;
    }
    if (this.hold && !before) {
      const { heldAt, reason } = this.hold;
      this.log.warn({ event: 'delivery_held', held_at: heldAt, reason }, 'all delivery is held by the operator');
    }
    if (before && !this.hold) this.log.info({ event: 'delivery_released' }, 'delivery goes on: the hold is gone');
    return this.hold !== null;
  }

  private async settle(): Promise<boolean> {
    const { UNKNOWN_SETTLE_S, UNKNOWN_SETTLE_MAX_S, INTAKE_GAP_S, OTP_RESEND_S } = this.settings;
    const codes = await resendCodes(this.postgres, { afterS: OTP_RESEND_S, limit: BATCH });
    for (const { id, tenant_id } of codes) {
      this.log.warn({ message_id: id, tenant_id }, 'a one-time code with an unknown outcome is sent again');
    }
    const settled = await settleUnknown(this.postgres, {
      afterS: UNKNOWN_SETTLE_S,
      maxS: Math.max(UNKNOWN_SETTLE_S, UNKNOWN_SETTLE_MAX_S),
      gapS: INTAKE_GAP_S,
      limit: BATCH,
    });
    for (const { id, tenantId, status } of settled) {
      this.log.warn({ message_id: id, tenant_id: tenantId, status }, 'an unknown outcome was settled by policy');
    }
    publishAdvanced(this.channel, settled);
    return settled.length === BATCH || codes.length === BATCH;
  }

  private async sweepParked(): Promise<boolean> {
    const { changed, woken } = await this.postgres.transaction((sql) => sweepParkedStatuses(sql, BATCH), {
      lockTimeoutMs: LOCK_TIMEOUT_MS,
    });
    this.woken.release(woken);
    publishAdvanced(this.channel, changed);
    return changed.length > 0;
  }

  private async sweepLanes(): Promise<boolean> {
    const { woken, next } = await sweepLanes(this.postgres, this.sweptUntil, BATCH);
    this.sweptUntil = next ?? 0;
    this.woken.release(woken);
    // Once around takes as long as it takes: this is for what died with a process.
    return false;
  }

  /**
   * Runs `work` unless it ran less than `everyMs` ago. It answers true when there is more of it, and runs again at the
   * next look then.
   */
  private async step(name: string, everyMs: number, work: () => Promise<boolean>): Promise<void> {
    const now = performance.now();
    if (this.loop.stopping.aborted || now < (this.restsUntil.get(name) ?? 0)) return;
    try {
      const more = await work();
      this.restsUntil.set(name, more ? 0 : now + everyMs);
    } catch (error) {
      this.restsUntil.set(name, now + Math.min(everyMs, FAILED_REST_MS));
      this.log.warn({ err: error, step: name }, 'a step of the recovery failed');
    }
  }
}
