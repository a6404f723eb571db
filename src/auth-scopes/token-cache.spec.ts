import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Clock } from '../platform/clock/clock.js';
import { TokenCache } from './token-cache.js';
import type { StoredToken, TokenRepository } from './token.repository.js';

const HASH = Buffer.alloc(32, 1);
const KEY = HASH.toString('hex');
const TOKEN: StoredToken = {
  id: 1,
  tenantId: 7,
  tenantActive: true,
  scopes: ['*'],
  rateLimitPerMinute: 60,
  apiAccess: true,
  expiresAt: null,
  revokedAt: null,
};

class MovedClock extends Clock {
  millis = 1;

  override now(): Date {
    return new Date(this.millis);
  }
}

describe('the cache of tokens', () => {
  const clock = new MovedClock();
  const find = jest.fn<TokenRepository['find']>();
  let cache: TokenCache;

  beforeEach(() => {
    find.mockReset().mockResolvedValue(TOKEN);
    cache = new TokenCache({ find } as unknown as TokenRepository, clock);
  });

  const source = async (): Promise<string> => (await cache.find(HASH)).source;

  it('asks the database once while notices of changes arrive', async () => {
    cache.trust();
    expect(await cache.find(HASH)).toEqual({ token: TOKEN, source: 'database' });
    expect(await cache.find(HASH)).toEqual({ token: TOKEN, source: 'cached' });
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('remembers that a token does not exist', async () => {
    cache.trust();
    find.mockResolvedValue(null);
    expect(await cache.find(HASH)).toEqual({ token: null, source: 'database' });
    expect(await cache.find(HASH)).toEqual({ token: null, source: 'cached' });
  });

  it('remembers nothing before it hears notices', async () => {
    expect([await source(), await source()]).toEqual(['database', 'database']);
  });

  it('forgets everything when notices may be missing, and remembers nothing until they are back', async () => {
    cache.trust();
    await cache.find(HASH);
    cache.distrust();
    expect([await source(), await source()]).toEqual(['database', 'database']);
    cache.trust();
    expect([await source(), await source()]).toEqual(['database', 'cached']);
  });

  it('forgets the token that changed, not others', async () => {
    cache.trust();
    await cache.find(HASH);
    cache.forget('00');
    expect(await source()).toBe('cached');
    cache.forget(KEY);
    expect(await source()).toBe('database');
  });

  it('forgets all tokens of a tenant that changed, not those of others', async () => {
    cache.trust();
    await cache.find(HASH);
    cache.forgetTenant(8);
    expect(await source()).toBe('cached');
    cache.forgetTenant(7);
    expect(await source()).toBe('database');
  });

  it.each([
    ['the token', () => cache.forget(KEY)],
    ['its tenant', () => cache.forgetTenant(7)],
    ['all of them (the connection was lost and is back)', () => cache.trust()],
  ])('does not remember what it read before a notice about %s', async (_name, notice) => {
    cache.trust();
    let answer: (token: StoredToken) => void = () => undefined;
    find.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const early = cache.find(HASH);
    notice();
    answer(TOKEN);
    expect((await early).source).toBe('database');
    find.mockResolvedValue({ ...TOKEN, revokedAt: new Date() });
    expect((await cache.find(HASH)).token?.revokedAt).not.toBeNull();
  });

  it('asks the database once for callers who come together, and again for one who comes after a notice', async () => {
    cache.trust();
    let answer: (token: StoredToken) => void = () => undefined;
    find.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    const together = [cache.find(HASH), cache.find(HASH)];
    expect(find).toHaveBeenCalledTimes(1);
    cache.forget(KEY);
    together.push(cache.find(HASH));
    expect(find).toHaveBeenCalledTimes(2);
    answer(TOKEN);
    await Promise.all(together);
  });

  it('remembers no failure', async () => {
    cache.trust();
    find.mockRejectedValueOnce(new Error('away'));
    await expect(cache.find(HASH)).rejects.toThrow('away');
    expect((await cache.find(HASH)).token).toEqual(TOKEN);
  });

  it('keeps a token for 30 s and an unknown one for 5 s', async () => {
    cache.trust();
    await cache.find(HASH);
    clock.millis += 30_000;
    expect(await source()).toBe('cached');
    clock.millis += 1;
    find.mockResolvedValue(null);
    expect(await source()).toBe('database');
    clock.millis += 5_000;
    expect(await source()).toBe('cached');
    clock.millis += 1;
    expect(await source()).toBe('database');
  });
});
