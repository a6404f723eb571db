import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Log } from '../../platform/logging/log.js';
import { type Outcome, parseOutcome } from '../../platform/queue/outcome-channel.js';
import type { RedisClient } from '../../platform/redis/open-redis.js';
import { RedisConnections } from '../../platform/redis/redis-connections.js';

/** One caller's wait. */
export interface Wait {
  /** What the message row carries, so that a worker knows whom to tell. */
  readonly address: string;
  /** The outcome; null when none came in `timeoutMs`, or Redis went away. Ends the wait. */
  outcome(timeoutMs: number): Promise<Outcome | null>;
  /** Ends the wait without an outcome. */
  cancel(): void;
}

/**
 * Lets a send wait for WhatsApp's answer without polling. Each process listens on a channel of its own; a wait is
 * opened before the message is committed and its address stored with it, so an outcome can not be missed, however
 * fast it comes. Redis away: there is nothing to wait for.
 */
@Injectable()
export class OutcomeWaiter implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly channel: string;
  private readonly subscriber: RedisClient;
  private readonly waits = new Map<string, { outcome: Outcome | null; settle?: (outcome: Outcome | null) => void }>();
  private listening = false;

  constructor(
    redis: RedisConnections,
    private readonly log: Log,
  ) {
    this.channel = redis.key('outcomes', randomUUID());
    this.subscriber = redis.openSubscriber('outcomes');
  }

  onApplicationBootstrap(): void {
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
    this.subscriber.on('close', () => this.interrupt());
    // After each (re)connect; a subscription that is being renewed is not one yet.
    this.subscriber.on('ready', () => this.subscribe());
    if (this.subscriber.status === 'ready') this.subscribe();
  }

  /** A wait for one message, or null when Redis is away. */
  open(): Wait | null {
    if (!this.listening) return null;
    const key = randomUUID();
    this.waits.set(key, { outcome: null });
    return {
      address: `${this.channel} ${key}`,
      outcome: (timeoutMs) => this.wait(key, timeoutMs),
      cancel: () => this.waits.delete(key),
    };
  }

  onModuleDestroy(): void {
    this.interrupt();
    this.subscriber.disconnect();
  }

  private subscribe(): void {
    this.subscriber.subscribe(this.channel).then(
      () => (this.listening = true),
      (error: unknown) => this.log.warn({ err: error }, 'cannot listen for outcomes'),
    );
  }

  private async wait(key: string, timeoutMs: number): Promise<Outcome | null> {
    const wait = this.waits.get(key);
    if (!wait) return null;
    if (wait.outcome) {
      this.waits.delete(key);
      return wait.outcome;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => wait.settle?.(null), timeoutMs);
      wait.settle = (outcome) => {
        clearTimeout(timer);
        this.waits.delete(key);
        resolve(outcome);
      };
    });
  }

  private receive(text: string): void {
    const outcome = parseOutcome(text);
    const wait = outcome && this.waits.get(outcome.key);
    if (!wait) return;
    if (wait.settle) wait.settle(outcome);
    else wait.outcome = outcome;
  }

  /** Nobody will be told any more: those who wait are answered now. */
  private interrupt(): void {
    this.listening = false;
    for (const wait of [...this.waits.values()]) wait.settle?.(null);
  }
}
