import { describe, expect, it } from '@jest/globals';
import { TenantRounds } from './tenant-rounds.js';

describe('rounds of tenants', () => {
  const rounds = () => {
    const all = new TenantRounds<string>();
    for (const [tenant, id] of [
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 4],
    ] as const)
      all.add(tenant, id, `${tenant}/${id}`);
    return all;
  };
  const take = (all: TenantRounds<string>, places: number, refuses: readonly string[] = []): string[] => {
    const taken: string[] = [];
    all.each((one) => {
      if (taken.length >= places || refuses.includes(one)) return false;
      taken.push(one);
      return true;
    });
    return taken;
  };

  it('give a turn to each tenant, and within one to each of its things', () => {
    expect(take(rounds(), 8)).toEqual(['1/1', '2/4', '1/2', '2/4', '1/3', '2/4', '1/1', '2/4']);
  });

  it('go on where the last one ended', () => {
    const all = rounds();
    expect([take(all, 1), take(all, 1), take(all, 1), take(all, 1)].flat()).toEqual(['1/1', '2/4', '1/2', '2/4']);
  });

  it('pass over who cannot take a turn, and end when nobody can', () => {
    expect(take(rounds(), 3, ['1/1', '2/4'])).toEqual(['1/2', '1/3', '1/2']);
    expect(take(rounds(), 3, ['1/1', '1/2', '1/3', '2/4'])).toEqual([]);
  });

  it('leave out what was removed', () => {
    const all = rounds();
    all.remove(2, 4);
    all.remove(1, 2);
    all.remove(7, 7);
    expect(take(all, 3)).toEqual(['1/1', '1/3', '1/1']);
  });
});
