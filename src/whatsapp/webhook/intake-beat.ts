import type { SqlRunner } from '../../platform/database/postgres.js';
import type { Log } from '../../platform/logging/log.js';

/** The two halves of the intake: who takes webhooks from WhatsApp, and who applies them. */
export type IntakeComponent = 'receiver' | 'processor';

/** Between two beats of a process at most, milliseconds. */
const LONGEST_PERIOD_MS = 3000;
/** So many beats fit into a gap: one that is lost is no gap. */
const BEATS_PER_GAP = 4;

/**
 * One beat of a component; any of its processes beats for it. When none did for longer than `gapS` seconds, its health
 * begins anew: what WhatsApp said in between may be late or lost.
 */
export async function beatIntake(sql: SqlRunner, component: IntakeComponent, gapS: number): Promise<void> {
  await sql.query(
    'webhook-intake-beat',
    `INSERT INTO intake_health AS h (component) VALUES ($1)
     ON CONFLICT (component) DO UPDATE
       SET beat_at = now(),
           healthy_since = CASE WHEN h.beat_at < now() - $2 * interval '1 second' THEN now() ELSE h.healthy_since END`,
    [component, gapS],
  );
}

/** The heart of one component in one process: stores its signs of life, a few within each gap. */
export class IntakeBeat {
  /** How often a sign of life is stored at most, milliseconds. */
  readonly periodMs: number;
  private nextAt = -Infinity;
  private beating: Promise<void> | null = null;

  constructor(
    private readonly component: IntakeComponent,
    private readonly gapS: number,
    private readonly sql: SqlRunner,
    private readonly log: Log,
  ) {
    this.periodMs = Math.min(LONGEST_PERIOD_MS, (gapS * 1000) / BEATS_PER_GAP);
  }

  /**
   * The component works at this moment. Costs nothing when that was stored a moment ago. A beat that fails is a gap and
   * nothing else, and one that hangs is not overtaken by others, which would only fill the pool.
   */
  alive(): void {
    if (this.beating || performance.now() < this.nextAt) return;
    this.nextAt = performance.now() + this.periodMs;
    this.beating = this.store();
  }

  /** Resolves when no beat is under way. */
  async rest(): Promise<void> {
    await this.beating;
  }

  private async store(): Promise<void> {
    try {
      await beatIntake(this.sql, this.component, this.gapS);
    } catch (error) {
      this.log.debug({ err: error, component: this.component }, 'a sign of life of the intake could not be stored');
    } finally {
      this.beating = null;
    }
  }
}
