import { readFileSync } from 'node:fs';
import type { Result } from 'ioredis';
import type { RedisClient } from '../redis/open-redis.js';

/** What reserve-slots.lua answers; times in microseconds. */
export type SlotReply = [
  now: number,
  epoch: number,
  known: number,
  factor: string,
  next: number,
  held: number,
  room: number,
  urgentRoom: number,
  ...places: number[],
];

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** See reserve-slots.lua. */
    reserveSlots(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<SlotReply, Context>;
    /** See restore-pairs.lua. */
    restorePairs(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number, Context>;
    /** See hold-pair.lua. */
    holdPair(pair: string, hold: number, burst: number, interval: number): Result<'OK', Context>;
  }
}

const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

/** Makes the scripts of the rate slots commands of the connection. */
export function defineSlotScripts(redis: RedisClient): void {
  redis.defineCommand('reserveSlots', { lua: source('reserve-slots') });
  redis.defineCommand('restorePairs', { lua: source('restore-pairs') });
  redis.defineCommand('holdPair', { lua: source('hold-pair'), numberOfKeys: 1 });
}
