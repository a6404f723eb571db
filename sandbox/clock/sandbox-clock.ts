import { TaskHeap, type ScheduledTask } from './task-heap.js';

/** The real time in milliseconds since 1970, monotonic and with fractions of a millisecond. */
export function realNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Timers are never armed for less than this, so that a busy clock wakes at most 200 times a second. */
const TIMER_GRAIN_MS = 5;
/** setTimeout cannot wait longer than 2^31-1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * A clock that can be moved forward or stopped, with tasks that run when it reaches their time.
 * However many tasks wait, there is one timer. Times are milliseconds since 1970.
 */
export class SandboxClock {
  readonly #heap = new TaskHeap();
  #offset = 0;
  #frozenAt: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #timerDue = Infinity;
  #order = 0;
  #running = false;

  constructor(offsetMs = 0) {
    this.#offset = offsetMs;
  }

  now(): number {
    return this.#frozenAt ?? realNow() + this.#offset;
  }

  /** How far this clock is ahead of the real time. */
  get offsetMs(): number {
    return this.#frozenAt === null ? this.#offset : this.#frozenAt - realNow();
  }

  get frozen(): boolean {
    return this.#frozenAt !== null;
  }

  /** Tasks that wait for their time. */
  get waiting(): number {
    return this.#heap.size;
  }

  /** Runs `run` when the clock reaches `due`; `run` is given `due`, not the moment it was called. */
  schedule(due: number, run: (due: number) => void): ScheduledTask {
    const task: ScheduledTask = { due, order: this.#order++, cancelled: false, run };
    this.#heap.push(task);
    if (!this.#running) this.#arm();
    return task;
  }

  /** Moves forward by `ms` (never back) and runs, in order, what became due on the way. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('a clock can only be moved forward');
    if (this.#frozenAt === null) this.#offset += ms;
    else this.#frozenAt += ms;
    this.#runDue();
  }

  /** Stops the clock: it then moves by `advance` only. */
  freeze(): void {
    this.#frozenAt ??= this.now();
    this.#disarm();
    this.#arm();
  }

  /** Lets the clock run on from where it stands. */
  unfreeze(): void {
    if (this.#frozenAt === null) return;
    this.#offset = this.#frozenAt - realNow();
    this.#frozenAt = null;
    this.#arm();
  }

  /** Forgets all tasks and the timer. */
  stop(): void {
    this.#heap.clear();
    this.#disarm();
  }

  #runDue(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      const now = this.now();
      for (let task = this.#heap.peek(); task !== undefined && task.due <= now; task = this.#heap.peek()) {
        this.#heap.pop();
        if (!task.cancelled) task.run(task.due);
      }
    } finally {
      this.#running = false;
      this.#arm();
    }
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (next === undefined || (this.#frozenAt !== null && next.due > this.#frozenAt)) return;
    if (this.#timer !== null && this.#timerDue <= next.due) return;
    this.#disarm();
    this.#timerDue = next.due;
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(TIMER_GRAIN_MS, Math.ceil(next.due - this.now())));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#timerDue = Infinity;
      this.#runDue();
    }, wait);
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDue = Infinity;
  }
}
