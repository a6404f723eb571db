import { describe, expect, it } from '@jest/globals';
import { EVENT_TYPES, type EventType, isEventName, TEST_EVENT } from './event-types.js';
import { isSubscribed, isSubscription, SUBSCRIPTIONS, subscriptionsTo } from './subscriptions.js';

/** What the documentation says, written without the code under test. */
function told(subscriptions: readonly string[], type: EventType): boolean {
  return subscriptions.some(
    (one) => one === '*' || one === type || (one.endsWith('.*') && type.startsWith(one.slice(0, -1))),
  );
}

/** Numbers that look random and are the same in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('Subscriptions', () => {
  it('reach exactly the events that they name, for any choice of them', () => {
    const next = numbers(7);
    for (let round = 0; round < 2000; round += 1) {
      const share = next() * 0.4;
      const chosen = SUBSCRIPTIONS.filter(() => next() < share);
      const reached = EVENT_TYPES.filter((type) => isSubscribed(chosen, type));
      expect({ chosen, reached }).toEqual({ chosen, reached: EVENT_TYPES.filter((type) => told(chosen, type)) });
    }
  });

  it('know each event by its name, by its resource and by *', () => {
    for (const type of EVENT_TYPES) {
      const [every, resource, name] = subscriptionsTo(type);
      expect([every, name]).toEqual(['*', type]);
      expect(resource).toBe(`${type.split('.')[0] ?? ''}.*`);
      for (const one of [every, resource, name]) expect(isSubscription(one)).toBe(true);
    }
  });

  it.each([
    '',
    '.',
    '.*',
    '**',
    'contact',
    'contact.',
    'contact.**',
    'contact.*.*',
    'CONTACT.*',
    ' *',
    'group.*',
    'toString',
  ])('are not written %p', (written) => {
    expect(isSubscription(written)).toBe(false);
  });

  it('leave the test event to whom it is sent', () => {
    expect(isEventName(TEST_EVENT)).toBe(true);
    expect(isSubscription(TEST_EVENT)).toBe(false);
    expect(SUBSCRIPTIONS).toContain('webhook.*');
  });
});
