import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import axios from 'axios';
import { SandboxClock } from '../clock/sandbox-clock.js';
import type { Account } from '../world/account.js';
import type { SeededRandom } from '../world/random.js';
import { batchBody, countForOneBody, UPDATES_PER_BODY } from './batch.js';
import { RETRY_FOR_MS, retryPauseMs } from './retry-schedule.js';
import { signBody } from './signature.js';
import type { Update } from './update.js';

const FLUSH_EVERY_MS = 20;
const CONCURRENT_POSTS = 8;
/** Meta names about 20 s on its Calling FAQ. */
const POST_TIMEOUT_MS = 20_000;
/** More than this waiting for one callback and the oldest are dropped. */
const BACKLOG_MAX = 1_000_000;

interface Batch {
  updates: Update[];
  failures: number;
}

export interface CallbackTotals {
  posts: number;
  failed_posts: number;
  delivered: number;
  dropped: number;
}

/** The updates for one callback address and secret: batched, signed, retried. */
export class CallbackQueue {
  /** Moved along with the clocks of the accounts that use this callback. */
  readonly clock = new SandboxClock();
  readonly totals: CallbackTotals = { posts: 0, failed_posts: 0, delivered: 0, dropped: 0 };
  lastStatus: number | null = null;
  lastError: string | null = null;
  #fresh: Update[] = [];
  #ready: Batch[] = [];
  /** Batches that wait for their next attempt, the oldest first. */
  readonly #resting = new Set<Batch>();
  #restingUpdates = 0;
  #inFlight = 0;
  #flushTimer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(
    readonly url: string,
    readonly secret: string,
    private readonly agents: { httpAgent: HttpAgent; httpsAgent: HttpsAgent },
    private readonly random: SeededRandom,
    private readonly onDelivered: (update: Update, attempt: number) => void,
    private readonly onSettled: (update: Update, delivered: boolean) => void,
  ) {}

  /** Updates not acknowledged yet, those under way not counted. */
  get backlog(): number {
    let count = this.#fresh.length + this.#restingUpdates;
    for (const batch of this.#ready) count += batch.updates.length;
    return count;
  }

  push(update: Update): void {
    this.#fresh.push(update);
    if (this.#fresh.length > BACKLOG_MAX) this.#drop(this.#fresh.splice(0, BACKLOG_MAX / 10));
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = null;
      this.#pump();
    }, FLUSH_EVERY_MS);
  }

  /** Tries at once whatever waits for its next attempt. */
  retryNow(): void {
    for (const batch of this.#resting) this.#wake(batch);
    this.#pump();
  }

  /** Forgets what waits for this account. */
  forget(account: Account): void {
    const of = (update: Update): boolean => update.account === account;
    this.#drop(this.#fresh.filter(of));
    this.#fresh = this.#fresh.filter((update) => !of(update));
    for (const batch of [...this.#ready, ...this.#resting]) {
      const forgotten = batch.updates.filter(of);
      this.#drop(forgotten);
      batch.updates = batch.updates.filter((update) => !of(update));
      if (this.#resting.has(batch)) this.#restingUpdates -= forgotten.length;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.clock.stop();
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
  }

  #pump(): void {
    while (!this.#stopped && this.#inFlight < CONCURRENT_POSTS) {
      const batch = this.#ready.shift() ?? this.#nextBatch();
      if (batch === null) return;
      if (batch.updates.length === 0) continue;
      this.#inFlight += 1;
      void this.#post(batch).finally(() => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  /** The next fresh updates that fit into one body; wrongly signed ones never share it with others. */
  #nextBatch(): Batch | null {
    const first = this.#fresh[0];
    if (first === undefined || this.#flushTimer !== null) return null;
    const candidates = this.#fresh.slice(0, UPDATES_PER_BODY);
    const other = candidates.findIndex((update) => update.account.signature !== first.account.signature);
    if (other > 0) candidates.length = other;
    const updates = candidates.slice(0, countForOneBody(candidates));
    this.#fresh = this.#fresh.slice(updates.length);
    return { updates, failures: 0 };
  }

  async #post(batch: Batch): Promise<void> {
    const expired = batch.updates.filter((update) => update.account.clock.now() - update.createdAt > RETRY_FOR_MS);
    if (expired.length > 0) {
      this.#drop(expired);
      batch.updates = batch.updates.filter((update) => !expired.includes(update));
      if (batch.updates.length === 0) return;
    }
    this.totals.posts += 1;
    const status = await this.#send(batchBody(batch.updates), batch.updates[0]?.account);
    if (this.#stopped) return;
    if (status === 200) {
      this.totals.delivered += batch.updates.length;
      for (const update of batch.updates) {
        this.onDelivered(update, batch.failures + 1);
        this.onSettled(update, true);
      }
      return;
    }
    this.totals.failed_posts += 1;
    batch.failures += 1;
    this.#rest(batch);
  }

  #rest(batch: Batch): void {
    const pause = retryPauseMs(batch.failures, this.random.next());
    if (pause === 0) {
      this.#ready.push(batch);
      return;
    }
    this.#resting.add(batch);
    this.#restingUpdates += batch.updates.length;
    this.clock.schedule(this.clock.now() + pause, () => {
      if (this.#wake(batch)) this.#pump();
    });
    for (const oldest of this.#resting) {
      if (this.#restingUpdates <= BACKLOG_MAX) break;
      this.#leaveRest(oldest);
      this.#drop(oldest.updates);
    }
  }

  /** @returns Whether it was still resting. */
  #wake(batch: Batch): boolean {
    if (!this.#leaveRest(batch)) return false;
    this.#ready.push(batch);
    return true;
  }

  #leaveRest(batch: Batch): boolean {
    if (!this.#resting.delete(batch)) return false;
    this.#restingUpdates -= batch.updates.length;
    return true;
  }

  /** @returns The HTTP status, or null when there was no answer. */
  async #send(body: Buffer, account: Account | undefined): Promise<number | null> {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'facebookexternalua' };
    const mode = account?.signature ?? 'right';
    if (mode !== 'missing') {
      headers['x-hub-signature-256'] = signBody(body, mode === 'right' ? this.secret : `${this.secret} (wrong)`);
    }
    try {
      const answer = await axios.post<string>(this.url, body, {
        ...this.agents,
        headers,
        timeout: POST_TIMEOUT_MS,
        maxRedirects: 0,
        maxContentLength: 1_000_000,
        proxy: false,
        responseType: 'text',
        validateStatus: () => true,
      });
      this.lastStatus = answer.status;
      this.lastError = null;
      return answer.status;
    } catch (error) {
      this.lastStatus = null;
      this.lastError = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  #drop(updates: readonly Update[]): void {
    this.totals.dropped += updates.length;
    for (const update of updates) this.onSettled(update, false);
  }
}
