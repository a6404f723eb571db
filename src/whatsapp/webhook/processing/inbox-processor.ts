import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WokenMessages } from '../../../delivery/lanes/woken-messages.js';
import { publishAdvanced } from '../../../delivery/status/publish-advanced.js';
import { Settings } from '../../../platform/config/settings.js';
import { Postgres } from '../../../platform/database/postgres.js';
import { Log } from '../../../platform/logging/log.js';
import { Metrics } from '../../../platform/metrics/metrics.js';
import { InboxSignal } from '../../../platform/queue/inbox-signal.js';
import { OutcomeChannel } from '../../../platform/queue/outcome-channel.js';
import { IntakeBeat } from '../intake-beat.js';
import type { BatchReport } from './batch-run.js';
import { IdentityHashes } from '../../../contacts/erase/identity-hashes.js';
import type { BatchParts } from './batch-run.js';
import { ContendedAccounts } from './contended-accounts.js';
import { HeardAccounts } from './heard-accounts.js';
import { InboundCharge } from './inbound-charge.js';
import { runBatch, runDeferred, type Tell } from './inbox-batch.js';
import { BATCH_ROWS } from './inbox-rows.js';
import { Wakeup } from '../../../platform/loop/wakeup.js';

/** Batches that one process has under way at once: while one waits for Postgres, the other is parsed. */
const CONCURRENCY = 2;
/**
 * Least time between the beginnings of two batches of new webhooks while they are not full, milliseconds: a batch of ten
 * costs little more than a batch of one, and WhatsApp sends three statuses for each message.
 */
const SPACING_MS = 20;
/** A look at the inbox without a signal, milliseconds: signals may be lost. */
const POLL_MS = 300;
/** A pause after a batch that could not be done, milliseconds. */
const RETRY_MS = 250;

/** One turn of a loop: what it does, and what wakes the loop when there is nothing to do. */
interface Turn {
  readonly wakeup: Wakeup;
  /** Whether a turn that went well is a sign of life of the intake: new webhooks are what it must not fall behind with. */
  readonly beats: boolean;
  /** Answers how many rows it took. */
  readonly run: (postgres: Postgres, parts: BatchParts, tell: Tell) => Promise<number>;
}

/**
 * Works the inbox of raw webhooks off, oldest first; those that had to be deferred in a loop of their own, so that a
 * tenant whose rows are locked holds up no other. Any number of processes may do this at once. A stop finishes the
 * batches under way.
 */
@Injectable()
export class InboxProcessor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly fresh: Turn = { wakeup: new Wakeup(CONCURRENCY), beats: true, run: runBatch };
  private readonly deferred: Turn = { wakeup: new Wakeup(1), beats: false, run: runDeferred };
  private readonly parts: BatchParts;
  private stopListening?: () => void;
  private loops: Promise<void>[] = [];
  private stopped = false;
  private databaseAway = false;
  /** When the next batch of new webhooks may begin (performance.now()). */
  private nextAt = -Infinity;
  private readonly beat: IntakeBeat;

  constructor(
    private readonly postgres: Postgres,
    private readonly signal: InboxSignal,
    private readonly outcomes: OutcomeChannel,
    private readonly charge: InboundCharge,
    private readonly woken: WokenMessages,
    private readonly heard: HeardAccounts,
    hashes: IdentityHashes,
    settings: Settings,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.parts = { contended: new ContendedAccounts(), hashes };
    this.beat = new IntakeBeat('processor', settings.INTAKE_GAP_S, postgres, log);
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.signal.listen(() => this.fresh.wakeup.wake());
    const turns = [...Array.from({ length: CONCURRENCY }, () => this.fresh), this.deferred];
    this.loops = turns.map((turn) => this.loop(turn));
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    this.stopListening?.();
    for (const { wakeup } of [this.fresh, this.deferred]) wakeup.wake();
    await Promise.all(this.loops);
    await Promise.all([this.beat.rest(), this.heard.close()]);
  }

  private async loop(turn: Turn): Promise<void> {
    while (!this.stopped) {
      if (turn === this.fresh) await this.space();
      if (this.stopped) return;
      const done = await this.work(turn);
      if (done === 'empty') await turn.wakeup.wait(POLL_MS);
      else if (done === 'failed') await pause(RETRY_MS);
    }
  }

  private async space(): Promise<void> {
    const now = performance.now();
    const wait = this.nextAt - now;
    this.nextAt = Math.max(now, this.nextAt) + SPACING_MS;
    if (wait > 0) await pause(wait);
  }

  /** One batch. Never throws. */
  private async work(turn: Turn): Promise<'worked' | 'empty' | 'failed'> {
    const { run, beats } = turn;
    let rows: number;
    try {
      rows = await run(this.postgres, this.parts, (report) => this.tell(report));
    } catch (error) {
      if (!this.databaseAway) this.log.error({ err: error }, 'raw webhooks cannot be processed');
      this.databaseAway = true;
      return 'failed';
    }
    if (this.databaseAway) this.log.info({}, 'raw webhooks are processed again');
    this.databaseAway = false;
    if (beats) this.beat.alive();
    // There is more.
    if (turn === this.fresh && rows >= BATCH_ROWS) this.nextAt = -Infinity;
    return rows > 0 ? 'worked' : 'empty';
  }

  private tell({ rows, effects, takenApart }: BatchReport): void {
    this.woken.release(effects.woken);
    publishAdvanced(this.outcomes, effects.advanced);
    this.charge.charge(effects.inbound);
    this.heard.hear(effects.heard);
    if (takenApart !== null) this.log.warn({ reason: takenApart }, 'a batch of webhooks was applied in parts');
    if (rows.some(({ handedOver }) => handedOver)) this.deferred.wakeup.wake();
    const now = Date.now();
    for (const { row, deferred, handedOver, faultCount, faults } of rows) {
      const fields = { inbox_id: row.id, request_id: row.request_id };
      if (deferred !== null) {
        if (!handedOver)
          this.log.warn({ ...fields, attempts: row.attempts + 1, reason: deferred }, 'a webhook is tried again later');
      } else this.metrics.webhookLag.observe(Math.max(0, now - row.received_at.getTime()) / 1000);
      if (deferred === null && faultCount > 0) {
        // Places, kinds and reasons only: nothing of what a person wrote.
        this.log.error({ ...fields, count: faultCount, faults }, 'items of a webhook could not be applied');
      }
    }
    for (const { kind, outcome, count } of effects.counts) this.metrics.webhookItems.inc({ kind, outcome }, count);
    for (const phoneNumberId of effects.paused) {
      this.log.error({ phone_number_id: phoneNumberId }, 'WhatsApp stopped this number: sending is paused');
    }
  }
}
