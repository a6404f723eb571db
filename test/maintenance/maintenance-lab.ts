import { Maintenance, type MaintenanceReport } from '../../src/maintenance/maintenance.js';
import { Log } from '../../src/platform/logging/log.js';
import { Outbox } from '../delivery/outbox.js';

/** A database of its own, and the daily job on it. */
export class MaintenanceLab {
  private constructor(readonly outbox: Outbox) {}

  static async create(): Promise<MaintenanceLab> {
    return new MaintenanceLab(await Outbox.create());
  }

  /** The job as one process has it. */
  process(): Maintenance {
    const { postgres, settings } = this.outbox;
    return new Maintenance(postgres, settings, new Log(settings));
  }

  /** Runs the job, due or not; fails when another run is under way. */
  async run(): Promise<MaintenanceReport> {
    const report = await this.process().run({ force: true });
    if (!report) throw new Error('another run holds the lease');
    return report;
  }

  /** A partition of one day, `daysAgo` days before today (UTC). */
  async inboxDay(daysAgo: number): Promise<string> {
    const { rows } = await this.outbox.postgres.pool.query<{ name: string; day: string; next: string }>(
      `SELECT 'webhook_inbox_' || to_char(current_date - $1::int, 'YYYYMMDD') AS name,
              (current_date - $1::int)::text AS day, (current_date - $1::int + 1)::text AS next`,
      [daysAgo],
    );
    const [day] = rows;
    if (!day) throw new Error('no day');
    await this.outbox.run(
      `CREATE TABLE ${day.name} PARTITION OF webhook_inbox FOR VALUES FROM ('${day.day}') TO ('${day.next}')`,
    );
    return day.name;
  }

  /** Raw webhooks of so many days ago, `count` of them. */
  async webhooks(daysAgo: number, count: number, processed = true): Promise<void> {
    await this.outbox.run(
      `INSERT INTO webhook_inbox (received_at, body, request_id, processed_at)
       SELECT current_date - $1::int + interval '1 hour', '', gen_random_uuid(), CASE WHEN $3 THEN now() END
         FROM generate_series(1, $2::int)`,
      [daysAgo, count, processed],
    );
  }

  /** Attempts in ranges of a thousand message ids, instead of the usual ten million. */
  async smallAttemptPartitions(): Promise<void> {
    await this.outbox.run('DROP TABLE attempts_0, attempts_1');
    for (const part of [0, 1, 2]) {
      await this.outbox.run(
        `CREATE TABLE attempts_${part} PARTITION OF attempts FOR VALUES FROM (${part * 1000}) TO (${part * 1000 + 1000})`,
      );
    }
  }

  async partitions(table: string): Promise<string[]> {
    const { rows } = await this.outbox.postgres.pool.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1`,
      [table],
    );
    return rows.map(({ name }) => name);
  }

  async count(table: string, where = 'true'): Promise<number> {
    const { rows } = await this.outbox.postgres.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE ${where}`,
    );
    return rows[0]?.n ?? NaN;
  }

  close(): Promise<void> {
    return this.outbox.close();
  }
}
