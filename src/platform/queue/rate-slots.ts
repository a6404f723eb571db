import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import type { Result } from 'ioredis';
import { RedisConnections, type RedisNode } from '../redis/redis-connections.js';
import { RedisTime } from './redis-time.js';

/**
 * Share of WhatsApp's limit that is used. With LATE_AFTER_MS it keeps every sliding second within the limit: in one
 * second plus 40 ms lie at most 0.95 × 1.04 = 0.988 of it, and the rest is for what the network adds.
 */
export const USED_SHARE = 0.95;

/** A departure that is this much too late is not made up for: the job reserves again. Milliseconds. */
export const LATE_AFTER_MS = 40;

/** How far ahead slots are given out, milliseconds. Redis holds no more than this of a number's messages. */
export const HORIZON_MS = 500;

/** How long a message of the backlog takes from its release until it can be written, with some to spare. */
export const FEED_LEAD_MS = 40;

export interface SlotRequest {
  numberId: number;
  /** What WhatsApp allows the number; USED_SHARE of it is used. */
  ratePerSecond: number;
  wanted: number;
  /** Nothing that would depart later than this from now is granted. Default HORIZON_MS. */
  horizonMs?: number;
  /** Grant nothing while the number has a backlog (a new message must not overtake it). */
  respectBacklog?: boolean;
  /** Say for this long that the number has a backlog when not all was granted. */
  markBacklogMs?: number;
  /** Slots used up by something else, an inbound message for example. */
  charge?: number;
  /** Nothing of the number departs before this time from now has passed. */
  holdMs?: number;
  /** These do not depart before this time from now: what the caller needs until it is ready. Default 0. */
  leadMs?: number;
  /** Share of the rate that may be used now, 0 to 1: a number that was told to slow down. Default 1. */
  factor?: number;
}

export interface Slots {
  /** Changes when Redis was emptied. */
  epoch: number;
  /** Departures, Redis' time in milliseconds, ascending. As many as fitted, at most `wanted`. */
  departures: number[];
  /** How many more would fit. */
  room: number;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** See reserve-slots.lua. */
    reserveSlots(
      slots: string,
      backlog: string,
      interval: number,
      wanted: number,
      horizon: number,
      respect: number,
      mark: number,
      charge: number,
      hold: number,
      lead: number,
    ): Result<[now: number, epoch: number, granted: number, first: number, room: number], Context>;
  }
}

const MICROSECONDS = 1000;

/**
 * The rate of each phone number, shared by all processes: departures are given out by one Lua script with Redis'
 * time. Rejects when Redis is away or slow (the connection's time-out).
 */
@Injectable()
export class RateSlots {
  /** By node of Redis: in a Cluster each has a clock of its own, and a number's slots are times of its node. */
  private readonly times = new Map<string, RedisTime>();
  private readonly epochs = new Map<number, number>();

  constructor(private readonly redis: RedisConnections) {
    redis.commands.defineCommand('reserveSlots', {
      numberOfKeys: 2,
      lua: readFileSync(new URL('./reserve-slots.lua', import.meta.url), 'utf8'),
    });
  }

  /** Reserves as many of the wanted departures as fit before the horizon. */
  async reserve(request: SlotRequest): Promise<Slots> {
    const { numberId, ratePerSecond, wanted, horizonMs = HORIZON_MS, factor = 1 } = request;
    const interval = Math.ceil(1_000_000 / (ratePerSecond * USED_SHARE * factor));
    const sent = performance.now();
    const [now, epoch, granted, first, room] = await this.redis.commands.reserveSlots(
      this.key(numberId, 'slots'),
      this.key(numberId, 'backlog'),
      interval,
      wanted,
      horizonMs * MICROSECONDS,
      request.respectBacklog ? 1 : 0,
      request.markBacklogMs ?? 0,
      request.charge ?? 0,
      Math.ceil((request.holdMs ?? 0) * MICROSECONDS),
      Math.ceil((request.leadMs ?? 0) * MICROSECONDS),
    );
    this.timeOf(this.nodeOf(numberId)).learn(sent, performance.now(), now / MICROSECONDS);
    this.epochs.set(numberId, epoch);
    return {
      epoch,
      room,
      departures: Array.from({ length: granted }, (_, index) => (first + index * interval) / MICROSECONDS),
    };
  }

  /** How many departures would fit before the horizon now; reserves nothing. */
  async room(request: Omit<SlotRequest, 'wanted'>): Promise<number> {
    return (await this.reserve({ ...request, wanted: 0 })).room;
  }

  /** Says for this long that the number has a backlog: the API leaves its messages to the feeder. */
  async markBacklog(numberId: number, milliseconds: number): Promise<void> {
    await this.redis.commands.set(this.key(numberId, 'backlog'), '1', 'PX', milliseconds);
  }

  /** The number's backlog is gone. */
  async clearBacklog(numberId: number): Promise<void> {
    await this.redis.commands.unlink(this.key(numberId, 'backlog'));
  }

  /**
   * Learns Redis' time, of each node that answers; a process that has not reserved anything yet must do so before it
   * can judge a slot. Rejects when no node answers.
   */
  async synchronize(): Promise<void> {
    const asked = await Promise.allSettled(this.redis.nodes().map((node) => this.ask(node)));
    if (asked.some(({ status }) => status === 'fulfilled')) return;
    throw asked.find((result) => result.status === 'rejected')?.reason ?? new Error('no node of Redis is known');
  }

  private async ask({ name, connection }: RedisNode): Promise<void> {
    if (!connection) throw new Error(`${name} is not connected`);
    const sent = performance.now();
    const [seconds, microseconds] = await connection.time();
    this.timeOf(name).learn(sent, performance.now(), Number(seconds) * 1000 + Number(microseconds) / MICROSECONDS);
  }

  /** Milliseconds until a departure of the number; negative when it has passed. Undefined while the time is unknown. */
  untilDeparture(numberId: number, departsAt: number): number | undefined {
    const now = this.times.get(this.nodeOf(numberId))?.now();
    return now === undefined ? undefined : departsAt - now;
  }

  /**
   * The node of Redis that has the number, empty when there is only one: what fails of one number fails of all that
   * share its node, and of no other.
   */
  nodeOf(numberId: number): string {
    return this.redis.nodeOf(this.key(numberId, 'slots'));
  }

  private timeOf(node: string): RedisTime {
    let time = this.times.get(node);
    if (!time) this.times.set(node, (time = new RedisTime()));
    return time;
  }

  /** Whether a slot was reserved before Redis was emptied, as far as this process has heard. */
  isOutdated(numberId: number, epoch: number): boolean {
    return epoch < (this.epochs.get(numberId) ?? 0);
  }

  // The hash tag keeps the keys of one number on one node of a Cluster.
  private key(numberId: number, name: string): string {
    return this.redis.key(`{n:${numberId}}`, name);
  }
}
