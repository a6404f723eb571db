import { describe, expect, it } from '@jest/globals';
import { isGrantable, missingScopes, SCOPES } from './scopes.js';

describe('scopes', () => {
  it('are the ones that CONTRACT.md lists', () => {
    expect([...SCOPES].sort()).toEqual(
      [
        ...['messages:send', 'messages:read', 'templates:read', 'templates:sync', 'account:read'],
        ...['contacts', 'groups', 'sources', 'statuses'].flatMap((name) => [
          `${name}:read`,
          `${name}:write`,
          `${name}:delete`,
        ]),
        ...['chats', 'webhooks', 'integrations'].flatMap((name) => [`${name}:read`, `${name}:write`]),
      ].sort(),
    );
  });

  it('may be given to a token when they are known, or *', () => {
    expect(isGrantable('messages:send')).toBe(true);
    expect(isGrantable('*')).toBe(true);
    expect(isGrantable('messages:*')).toBe(false);
    expect(isGrantable('')).toBe(false);
  });

  it('are missing when they were not granted; * grants all', () => {
    expect(missingScopes(['messages:read'], ['messages:read'])).toEqual([]);
    expect(missingScopes(['messages:read'], ['messages:read', 'contacts:read'])).toEqual(['contacts:read']);
    expect(missingScopes([], ['messages:send'])).toEqual(['messages:send']);
    expect(missingScopes(['*'], ['messages:send', 'contacts:read'])).toEqual([]);
  });
});
