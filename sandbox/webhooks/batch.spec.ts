import { describe, expect, it } from '@jest/globals';
import { World } from '../world/world.js';
import { DEFAULT_SETTINGS } from '../settings.js';
import { batchBody, BYTES_PER_BODY, countForOneBody, UPDATES_PER_BODY } from './batch.js';
import { retryPauseMs } from './retry-schedule.js';
import type { Update } from './update.js';

const world = new World(DEFAULT_SETTINGS);
const app = world.createApp({});

function update(accountId: string, json: string, entryTime: number | null = null): Update {
  const account = world.accounts.get(accountId) ?? world.createAccount(app, 'one', accountId);
  return {
    account,
    number: null,
    field: 'messages',
    json,
    entryTime,
    createdAt: 0,
    wamid: null,
    status: null,
    to: null,
    onSettled: null,
  };
}

describe('webhook bodies', () => {
  it('hold up to 1,000 updates', () => {
    const one = update('1', '{}');
    expect(countForOneBody(Array.from({ length: UPDATES_PER_BODY }, () => one))).toBe(1000);
    expect(countForOneBody(Array.from({ length: UPDATES_PER_BODY + 1 }, () => one))).toBe(1000);
  });

  it('hold up to 3 MB', () => {
    const big = update('1', JSON.stringify('x'.repeat(1024 * 1024 - 400)));
    const updates = [big, big, big, big];
    expect(countForOneBody(updates)).toBe(3);
    expect(batchBody(updates.slice(0, 3)).length).toBeLessThanOrEqual(BYTES_PER_BODY);
    expect(countForOneBody([update('1', JSON.stringify('x'.repeat(BYTES_PER_BODY)))])).toBe(1);
  });

  it('put the updates of one account into one entry, and account events into entries with a time', () => {
    const body: unknown = JSON.parse(
      batchBody([
        update('1', '{"a":1}'),
        update('2', '{"a":2}'),
        update('1', '{"a":3}'),
        update('1', '{"a":4}', 1_750_000_000),
      ]).toString(),
    );
    expect(body).toEqual({
      object: 'whatsapp_business_account',
      entry: [
        { id: '1', changes: [{ a: 1 }, { a: 3 }] },
        { id: '2', changes: [{ a: 2 }] },
        { id: '1', time: 1_750_000_000, changes: [{ a: 4 }] },
      ],
    });
  });
});

describe('webhook retries', () => {
  it('come at once, then with growing pauses up to an hour', () => {
    expect([1, 2, 3, 4, 5].map((failures) => retryPauseMs(failures, 0))).toEqual([0, 1000, 2000, 4000, 8000]);
    expect(retryPauseMs(30, 0)).toBe(3_600_000);
    expect(retryPauseMs(2, 0.999)).toBeLessThan(1200);
  });
});
