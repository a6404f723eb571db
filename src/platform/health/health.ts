import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** Throws when what it looks at is down; the message becomes the reason that operators read. */
export type HealthCheck = () => Promise<void> | void;

/**
 * process: without it this process cannot do its work. worker: only a process that is a worker and nothing else is
 * unfit without it; an API that lacks it is degraded (sends are still accepted and stored).
 */
export type NeededBy = 'process' | 'worker';

export interface CheckResult {
  readonly status: 'up' | 'down';
  readonly reason?: string;
}

/** ready and degraded serve; starting, not_ready and stopping do not. */
export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'starting' | 'not_ready' | 'stopping';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** A check that has no answer after this long is down. */
const CHECK_TIMEOUT_MS = 2_000;

/** Whether this process can do its work, and what is down by name. Parts of the program register their checks. */
@Injectable()
export class Health {
  private readonly checks = new Map<string, { check: HealthCheck; neededBy: NeededBy }>();
  private phase: 'starting' | 'running' | 'stopping' = 'starting';
  private underWay: Promise<HealthReport> | undefined;

  constructor(private readonly settings: Settings) {}

  /** One name, one check: `postgres`, `redis`, `delivery_consumer`. */
  register(name: string, neededBy: NeededBy, check: HealthCheck): void {
    if (this.checks.has(name)) throw new Error(`A health check named ${name} exists already`);
    this.checks.set(name, { check, neededBy });
  }

  /** The servers listen. */
  started(): void {
    this.phase = 'running';
  }

  /** Readiness is false from this moment on. */
  stopping(): void {
    this.phase = 'stopping';
  }

  /** Asks everything; callers at the same time share one round of questions. */
  async report(): Promise<HealthReport> {
    this.underWay ??= this.ask().finally(() => (this.underWay = undefined));
    const report = await this.underWay;
    return this.phase === 'running' ? report : { ...report, status: this.phase };
  }

  private async ask(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, { check, neededBy }]) => ({ name, neededBy, result: await outcome(check) })),
    );
    const down = results.filter(({ result }) => result.status === 'down');
    const unfit = down.some(({ neededBy }) => neededBy === 'process' || this.settings.ROLE === 'worker');
    return {
      status: unfit ? 'not_ready' : down.length > 0 ? 'degraded' : 'ready',
      checks: Object.fromEntries(results.map(({ name, result }) => [name, result])),
    };
  }
}

async function outcome(check: HealthCheck): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), late]);
    return { status: 'up' };
  } catch (error) {
    return { status: 'down', reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** An AggregateError (every address of a name refused) has no message of its own, but a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
