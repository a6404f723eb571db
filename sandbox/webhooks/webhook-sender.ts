import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Journal } from '../record/journal.js';
import type { MessageStatus } from '../record/records.js';
import type { Account, Callback } from '../world/account.js';
import type { PhoneNumber } from '../world/phone-number.js';
import { SeededRandom } from '../world/random.js';
import { CallbackQueue } from './callback-queue.js';
import { escapeNonAscii } from './signature.js';
import type { Update } from './update.js';

export interface ChangeFacts {
  readonly wamid?: string;
  readonly status?: MessageStatus;
  readonly to?: string | null;
  readonly onSettled?: (delivered: boolean) => void;
}

/** Sends changes to the callbacks of apps, accounts and numbers. */
export class WebhookSender {
  readonly #queues = new Map<string, CallbackQueue>();
  /** The queues an account's updates went into: its callback may have changed since. */
  readonly #used = new Map<Account, Set<CallbackQueue>>();
  readonly #held = new Map<Account, Update[]>();
  readonly #agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 64 }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 64 }),
  };
  readonly #random: SeededRandom;
  /** Changes nobody was subscribed to. */
  withoutCallback = 0;

  constructor(
    private readonly journal: Journal,
    seed: number,
  ) {
    this.#random = new SeededRandom(seed);
  }

  /** A change of the `messages` field of a number. */
  sendMessageChange(number: PhoneNumber, value: object, facts: ChangeFacts = {}): void {
    this.#send(number.account, number, 'messages', value, null, facts);
  }

  /** A change of another field of a number, such as `calls`. */
  sendNumberChange(number: PhoneNumber, field: string, value: object): void {
    this.#send(number.account, number, field, value, null, {});
  }

  /** A change that concerns the account (templates, limits, restrictions); it carries `entry.time`. */
  sendAccountChange(account: Account, field: string, value: unknown, facts: ChangeFacts = {}): void {
    this.#send(account, null, field, value, Math.floor(account.clock.now() / 1000), facts);
  }

  pause(account: Account): void {
    account.webhooksPaused = true;
  }

  resume(account: Account): void {
    account.webhooksPaused = false;
    const held = this.#held.get(account) ?? [];
    this.#held.delete(account);
    for (const update of held) this.#enqueue(update);
  }

  /** Tries at once what waits for a retry. */
  retryNow(account: Account | null): void {
    for (const queue of this.#queuesOf(account)) queue.retryNow();
  }

  /** Moves the retries of the callbacks that this account uses, or of all. */
  advance(account: Account | null, ms: number): void {
    for (const queue of this.#queuesOf(account)) queue.clock.advance(ms);
  }

  forget(account: Account): void {
    for (const update of this.#held.get(account) ?? []) this.#settle(update, false);
    this.#held.delete(account);
    for (const queue of this.#queues.values()) queue.forget(account);
  }

  stats(): object[] {
    return [...this.#queues.values()].map((queue) => ({
      callback_url: queue.url,
      backlog: queue.backlog,
      ...queue.totals,
      last_status: queue.lastStatus,
      last_error: queue.lastError,
    }));
  }

  heldCount(account: Account): number {
    return this.#held.get(account)?.length ?? 0;
  }

  stop(): void {
    for (const queue of this.#queues.values()) queue.stop();
    this.#agents.httpAgent.destroy();
    this.#agents.httpsAgent.destroy();
  }

  #send(
    account: Account,
    number: PhoneNumber | null,
    field: string,
    value: unknown,
    entryTime: number | null,
    facts: ChangeFacts,
  ): void {
    const update: Update = {
      account,
      number,
      field,
      json: escapeNonAscii(JSON.stringify({ field, value })),
      entryTime,
      createdAt: account.clock.now(),
      wamid: facts.wamid ?? null,
      status: facts.status ?? null,
      to: facts.to ?? null,
      onSettled: facts.onSettled ?? null,
    };
    account.updatesUnderWay += 1;
    if (account.webhooksPaused) {
      const held = this.#held.get(account);
      if (held === undefined) this.#held.set(account, [update]);
      else held.push(update);
      return;
    }
    this.#enqueue(update);
  }

  #enqueue(update: Update): void {
    const callback = callbackFor(update.account, update.number);
    if (callback === null) {
      this.withoutCallback += 1;
      this.#settle(update, false);
      return;
    }
    const queue = this.#queue(callback, update.account.app.secret);
    const used = this.#used.get(update.account);
    if (used === undefined) this.#used.set(update.account, new Set([queue]));
    else used.add(queue);
    queue.push(update);
  }

  #queue(callback: Callback, secret: string): CallbackQueue {
    const key = `${callback.url} ${secret}`;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = new CallbackQueue(
        callback.url,
        secret,
        this.#agents,
        this.#random,
        (update, attempt) => this.#publish(update, attempt),
        (update, delivered) => this.#settle(update, delivered),
      );
      this.#queues.set(key, queue);
    }
    return queue;
  }

  #queuesOf(account: Account | null): Iterable<CallbackQueue> {
    return account === null ? this.#queues.values() : (this.#used.get(account) ?? []);
  }

  #publish(update: Update, attempt: number): void {
    if (!this.journal.hasListeners) return;
    this.journal.publish({
      kind: 'webhook_delivered',
      seq: this.journal.nextSeq(),
      field: update.field,
      waba_id: update.account.id,
      phone_number_id: update.number?.id ?? null,
      wamid: update.wamid,
      status: update.status,
      to: update.to,
      attempt,
    });
  }

  #settle(update: Update, delivered: boolean): void {
    update.account.updatesUnderWay -= 1;
    update.onSettled?.(delivered);
    if (update.account.idle) this.journal.settled(update.account);
  }
}

/** Precedence: phone number, then account, then app (WhatsApp, "Webhook overrides"). */
function callbackFor(account: Account, number: PhoneNumber | null): Callback | null {
  if (!account.subscribed) return null;
  return number?.overrideCallback ?? account.overrideCallback ?? account.app.callback;
}
