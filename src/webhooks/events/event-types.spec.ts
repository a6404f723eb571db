import { describe, expect, it } from '@jest/globals';
import { STATUS_RANK } from '../../delivery/status/message-status.js';
import { EVENT_TYPES, isEventName, resourceTypeOf, TEST_EVENT } from './event-types.js';

describe('names of events', () => {
  it("are there for every status of a message that is anybody else's business, and for no other", () => {
    const told = Object.keys(STATUS_RANK).filter((status) => status !== 'sending');
    const ofMessages = EVENT_TYPES.filter((type) => type.startsWith('message.'));
    expect([...ofMessages].sort()).toEqual([...told, 'received'].map((status) => `message.${status}`).sort());
  });

  it('each belong to a resource', () => {
    for (const type of [...EVENT_TYPES, TEST_EVENT] as const) {
      expect(`${resourceTypeOf(type)}.`).toBe(type.slice(0, type.indexOf('.') + 1));
    }
  });

  it('are known, and others are not', () => {
    expect([...EVENT_TYPES, TEST_EVENT].every(isEventName)).toBe(true);
    expect(['message.sending', 'message', 'contact.*', ''].some(isEventName)).toBe(false);
  });
});
