import { randomUUID } from 'node:crypto';
import { type ApiError, conflict, idempotencyInProgress } from '../http/api-error.js';
import { Reply } from '../http/reply.js';
import { toApiError } from '../http/to-api-error.js';
import type { Log } from '../logging/log.js';
import type { Fingerprints, RequestFacts } from './fingerprints.js';
import type { IdempotencyClaim } from './idempotency-claim.js';
import { type IdempotencyKeys, RUNNING_LEASE_S, type UsedKey } from './idempotency-keys.js';
import { type KeptAnswer, keptError, type KeptReply, keptReply, replay } from './kept-answer.js';
import type { StoredEffects } from './stored-effects.js';

/** What one call needs of the installation. */
export interface IdempotencyParts {
  readonly keys: IdempotencyKeys;
  readonly fingerprints: Fingerprints;
  readonly effects: StoredEffects;
  readonly log: Log;
  /** Fingerprints of the calls that run in this process, by tenant and key. */
  readonly running: Map<string, Buffer>;
}

/** How often a call that runs long says so, milliseconds. */
const RENEW_EVERY_MS = (RUNNING_LEASE_S * 1000) / 3;

/** One call with an `Idempotency-Key`, from the moment its body is read to its answer. */
export class IdempotentCall {
  /** Its place among the calls that run here. */
  private readonly place: string;
  /** Set once the handler is to run. */
  private started: { facts: RequestFacts; claim: IdempotencyClaim } | undefined;
  private answeredEarlier = false;
  private entered = false;
  private renewal: NodeJS.Timeout | undefined;

  /** @param commitsWithEffect the handler commits the key with its effect; else it is claimed before the handler runs */
  constructor(
    private readonly parts: IdempotencyParts,
    private readonly request: { method: string; path: string; tenantId: number; keyHash: Buffer },
    private readonly commitsWithEffect: boolean,
  ) {
    this.place = `${request.tenantId} ${request.keyHash.toString('hex')}`;
  }

  /**
   * The body has been read, the handler has not begun.
   * @returns the answer of an earlier call, which takes the place of the handler's; undefined: the handler is to run
   * @throws ApiError 409 while the earlier call runs, or when it was another one; its own when it ended in a failure
   */
  async begin(body: Omit<RequestFacts, 'method' | 'path'>): Promise<Reply<unknown> | undefined> {
    const { method, path, tenantId, keyHash } = this.request;
    const facts: RequestFacts = { method, path, ...body };
    const claim = { tenantId, keyHash, owner: randomUUID(), fingerprint: this.parts.fingerprints.of(facts) };
    this.enter(claim);
    const claimed = !this.commitsWithEffect && (await this.parts.keys.claim([claim])).has(claim);
    const used = claimed ? undefined : await this.parts.keys.find(tenantId, keyHash);
    if (used) {
      this.answeredEarlier = true;
      return this.answerOf(used, facts);
    }
    // A key that was another's a moment ago, and is nobody's now.
    if (!this.commitsWithEffect && !claimed) throw idempotencyInProgress(1);
    if (claimed) this.renewal = setInterval(() => void this.renew(claim), RENEW_EVERY_MS).unref();
    this.started = { facts, claim };
    return undefined;
  }

  /** To be called at the end, however the call ended. */
  leave(): void {
    clearInterval(this.renewal);
    if (this.entered) this.parts.running.delete(this.place);
  }

  /** What a transaction stores together with the effect. */
  get claim(): IdempotencyClaim {
    return this.begun.claim;
  }

  /** The handler has answered: the answer is kept before it goes out. */
  async succeeded(result: unknown): Promise<unknown> {
    if (this.answeredEarlier) return result;
    const { claim } = this.begun;
    await this.end('kept', () => this.parts.keys.answer(claim, keptReply(asReply(result))));
    return result;
  }

  /**
   * The handler has failed.
   * @returns the answer of another call that used the key while this one ran
   * @throws the error; or a 409 when such a call runs still, or was another one
   */
  async failed(error: unknown): Promise<Reply<unknown>> {
    if (!this.started) throw error;
    const { claim, facts } = this.started;
    const kept = keptError(toApiError(error));
    if (kept) {
      await this.end('kept', () => this.parts.keys.answer(claim, kept));
      throw error;
    }
    const other = await this.end('freed', () => this.parts.keys.free(claim));
    if (!other) throw error;
    return this.answerOf(other, facts);
  }

  /**
   * One call with a key at a time in this process: a burst of repeats costs the database nothing, and waits for nobody.
   * @throws ApiError 409 while another one runs
   */
  private enter({ fingerprint }: IdempotencyClaim): void {
    const other = this.parts.running.get(this.place);
    if (other) throw other.equals(fingerprint) ? idempotencyInProgress(1) : usedForAnother();
    this.parts.running.set(this.place, fingerprint);
    this.entered = true;
  }

  /** @throws Error when whoever reads the route's forms did not begin the call: a fault of the program */
  private get begun() {
    if (!this.started) throw new Error('A call with an Idempotency-Key was not begun');
    return this.started;
  }

  private async answerOf(used: UsedKey, facts: RequestFacts): Promise<Reply<unknown>> {
    const { tenantId } = this.request;
    if (!this.parts.fingerprints.matches(used.fingerprint, facts)) {
      throw usedForAnother();
    }
    if (used.state === 'running') throw idempotencyInProgress(waitS(used));
    if (!used.answer) throw new Error('A key without its answer');
    if (used.state === 'answered') return replay(used.answer);
    if (used.messageId === null || 'error' in used.answer) throw new Error('A call that died has no such answer');
    return replay(await this.presentAnswer(tenantId, used.messageId, used.answer));
  }

  private async presentAnswer(tenantId: number, messageId: number, queued: KeptReply): Promise<KeptAnswer> {
    try {
      return await this.parts.effects.present(tenantId, messageId, queued);
    } catch (error) {
      const kept = keptError(toApiError(error));
      if (!kept) throw error;
      return kept;
    }
  }

  /** The effect stands or falls without this: what cannot be written now ends with the lease. */
  private async end<T>(how: string, write: () => Promise<T>): Promise<T | undefined> {
    try {
      return await write();
    } catch (error) {
      this.parts.log.warn({ err: error, tenant_id: this.request.tenantId }, `an idempotency key could not be ${how}`);
      return undefined;
    }
  }

  private async renew(claim: IdempotencyClaim): Promise<void> {
    try {
      await this.parts.keys.renew(claim);
    } catch (error) {
      this.parts.log.warn({ err: error, tenant_id: claim.tenantId }, 'the lease of an idempotency key is not renewed');
    }
  }
}

const asReply = (result: unknown): Reply<unknown> => (result instanceof Reply ? result : new Reply(result));

const usedForAnother = (): ApiError =>
  conflict('IDEMPOTENCY_CONFLICT', 'The Idempotency-Key was used before with another request');

/** As long again as the call has run already, at most until its lease ends; seconds. */
const waitS = ({ ageS, leaseS }: UsedKey): number => Math.max(1, Math.min(Math.ceil(ageS), Math.ceil(leaseS)));
