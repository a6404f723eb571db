import { jest } from '@jest/globals';
import pg from 'pg';
import { GroupedWriter } from './grouped-writer.js';

interface Item {
  tenant: number;
  name: string;
}

const refused = (code: string): pg.DatabaseError => {
  const error = new pg.DatabaseError('refused', 0, 'error');
  error.code = code;
  return error;
};

function recording(fails: (items: Item[]) => Error | undefined = () => undefined, maxItems = 10) {
  const groups: string[][] = [];
  const gate: { release?: () => void } = {};
  const writer = new GroupedWriter<Item, string>({
    maxItems,
    maxInFlight: 1,
    tenantOf: (item) => item.tenant,
    write: async (items) => {
      groups.push(items.map((item) => item.name));
      if (gate.release === undefined && groups.length === 1 && items[0]?.name === 'gate') {
        await new Promise<void>((resolve) => (gate.release = resolve));
      }
      const error = fails(items);
      if (error) throw error;
      return items.map((item) => `wrote ${item.name}`);
    },
  });
  return { writer, groups, gate };
}

describe('GroupedWriter', () => {
  it('writes a lone item at once and answers its result', async () => {
    const { writer, groups } = recording();
    await expect(writer.add({ tenant: 1, name: 'a' })).resolves.toBe('wrote a');
    expect(groups).toEqual([['a']]);
  });

  it('writes what arrives together in one group', async () => {
    const { writer, groups } = recording();
    await Promise.all(['a', 'b', 'c'].map((name) => writer.add({ tenant: 1, name })));
    expect(groups).toEqual([['a', 'b', 'c']]);
  });

  it('groups what arrives while a group is under way', async () => {
    const { writer, groups, gate } = recording();
    const first = writer.add({ tenant: 1, name: 'gate' });
    await new Promise(setImmediate);
    const rest = ['b', 'c'].map((name) => writer.add({ tenant: 1, name }));
    gate.release?.();
    await Promise.all([first, ...rest]);
    expect(groups).toEqual([['gate'], ['b', 'c']]);
  });

  it('writes at once after a pause, and spaces the groups of a steady stream', async () => {
    const begun: number[] = [];
    const writer = new GroupedWriter<Item, string>({
      spacingMs: 50,
      tenantOf: (item) => item.tenant,
      write: async (items) => {
        begun.push(performance.now());
        return items.map((item) => item.name);
      },
    });
    jest.useFakeTimers();
    try {
      const added = [writer.add({ tenant: 1, name: 'first' })];
      await jest.advanceTimersByTimeAsync(0);
      expect(begun).toHaveLength(1);
      for (const name of ['b', 'c', 'd']) {
        added.push(writer.add({ tenant: 1, name }));
        await jest.advanceTimersByTimeAsync(10);
      }
      await jest.advanceTimersByTimeAsync(19);
      expect(begun).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(begun.map((at) => at - (begun[0] ?? NaN))).toEqual([0, 50]);
      await expect(Promise.all(added)).resolves.toEqual(['first', 'b', 'c', 'd']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not let a quiet tenant wait, neither for the spacing nor for a group that is under way', async () => {
    const groups: string[][] = [];
    const held: (() => void)[] = [];
    const writer = new GroupedWriter<Item, string>({
      spacingMs: 5,
      maxInFlight: 1,
      tenantOf: (item) => item.tenant,
      write: async (items) => {
        groups.push(items.map((item) => item.name));
        if (items[0]?.name === 'held') await new Promise<void>((resolve) => held.push(resolve));
        return items.map((item) => item.name);
      },
    });
    const first = writer.add({ tenant: 1, name: 'held' });
    await new Promise(setImmediate);
    const others = writer.add({ tenant: 1, name: 'b' });
    // Longer than the spacing: what is waited for now is the group.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(groups).toEqual([['held']]);
    await writer.add({ tenant: 2, name: 'quiet' });
    expect(groups).toEqual([['held'], ['b', 'quiet']]);
    for (const release of held) release();
    await Promise.all([first, others]);
  });

  it('does not wait for the spacing with a full group in hand', async () => {
    const groups: number[] = [];
    const writer = new GroupedWriter<Item, string>({
      spacingMs: 60_000,
      maxItems: 8,
      tenantOf: (item) => item.tenant,
      write: async (items) => {
        groups.push(items.length);
        return items.map((item) => item.name);
      },
    });
    await writer.add({ tenant: 1, name: 'first' });
    const add = (count: number): Promise<string>[] =>
      Array.from({ length: count }, (_, index) => writer.add({ tenant: 1, name: `${index}` }));
    const waiting = add(3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(groups).toEqual([1]);
    await Promise.all([...waiting, ...add(5)]);
    expect(groups).toEqual([1, 4, 4]);
  });

  it('lets one tenant fill half a group and no more', async () => {
    const { writer, groups } = recording(undefined, 4);
    await Promise.all([
      ...['a1', 'a2', 'a3'].map((name) => writer.add({ tenant: 1, name })),
      ...['b1'].map((name) => writer.add({ tenant: 2, name })),
    ]);
    expect(groups).toEqual([['a1', 'a2', 'b1'], ['a3']]);
  });

  it('runs a refused group again per tenant, then per item, so that a bad item costs only itself', async () => {
    const { writer, groups } = recording((items) =>
      items.some((item) => item.name === 'bad') ? refused('23505') : undefined,
    );
    const results = await Promise.allSettled([
      writer.add({ tenant: 1, name: 'good' }),
      writer.add({ tenant: 1, name: 'bad' }),
      writer.add({ tenant: 2, name: 'other' }),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(groups).toEqual([['good', 'bad', 'other'], ['good', 'bad'], ['good'], ['bad'], ['other']]);
  });

  it('runs a group again in parts after an error that says so, and answers what a lone item throws', async () => {
    class Midway extends Error {}
    const groups: string[][] = [];
    const writer = new GroupedWriter<Item, string>({
      tenantOf: (item) => item.tenant,
      splitsOn: (error) => error instanceof Midway,
      write: (items) => {
        groups.push(items.map((item) => item.name));
        return items.some((item) => item.name === 'bad')
          ? Promise.reject(new Midway())
          : Promise.resolve(items.map((item) => item.name));
      },
    });
    const results = await Promise.allSettled(['a', 'bad', 'c'].map((name) => writer.add({ tenant: 1, name })));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(groups).toEqual([['a', 'bad', 'c'], ['a'], ['bad'], ['c']]);
  });

  it('does not run a group again when the connection was lost, because its COMMIT may have happened', async () => {
    const { writer, groups } = recording(() => new Error('Connection terminated unexpectedly'));
    const results = await Promise.allSettled(['a', 'b'].map((name) => writer.add({ tenant: 1, name })));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(groups).toHaveLength(1);
  });

  it('tries a lone item again on a lock time-out, a bounded number of times', async () => {
    let left = 3;
    const { writer } = recording(() => (left-- > 0 ? refused('55P03') : undefined));
    await expect(writer.add({ tenant: 1, name: 'a' })).resolves.toBe('wrote a');
    const { writer: never, groups } = recording(() => refused('55P03'));
    await expect(never.add({ tenant: 1, name: 'a' })).rejects.toMatchObject({ code: '55P03' });
    expect(groups).toHaveLength(6);
  });

  describe('after a lock time-out', () => {
    /** Writes that `isLocked` names are refused; further ones of that kind wait until `unlock` is called. */
    function locking(isLocked: (item: Item) => boolean, maxItems = 10) {
      const groups: string[][] = [];
      let unlock = (): void => undefined;
      const unlocked = new Promise<void>((resolve) => (unlock = resolve));
      let refusals = 0;
      const writer = new GroupedWriter<Item, string>({
        maxItems,
        maxInFlight: 1,
        tenantOf: (item) => item.tenant,
        write: async (items) => {
          groups.push(items.map((item) => item.name));
          if (items.some(isLocked)) {
            refusals += 1;
            if (refusals === 1) throw refused('55P03');
            await unlocked;
          }
          return items.map((item) => `wrote ${item.name}`);
        },
      });
      return { writer, groups, unlock };
    }

    it('lets the other tenants go on while one waits for its row', async () => {
      const { writer, groups, unlock } = locking(({ tenant }) => tenant === 1);
      const blocked = writer.add({ tenant: 1, name: 'blocked' });
      await expect(writer.add({ tenant: 2, name: 'b1' })).resolves.toBe('wrote b1');
      // The blocked one is tried again at this moment, and more of its tenant waits behind it.
      const behind = writer.add({ tenant: 1, name: 'behind' });
      for (const name of ['b2', 'b3']) await expect(writer.add({ tenant: 2, name })).resolves.toBe(`wrote ${name}`);
      unlock();
      await expect(Promise.all([blocked, behind])).resolves.toEqual(['wrote blocked', 'wrote behind']);
      await writer.drain();
      expect(groups[0]).toEqual(['blocked', 'b1']);
      // It joins the others again.
      await Promise.all([writer.add({ tenant: 1, name: 'a' }), writer.add({ tenant: 2, name: 'b' })]);
      expect(groups.at(-1)).toEqual(['a', 'b']);
    });

    it('soon leaves a locked row alone: the rest of its tenant gets through', async () => {
      const { writer, groups } = recording(
        (items) => (items.some(({ name }) => name === 'n20') ? refused('55P03') : undefined),
        200,
      );
      const names = Array.from({ length: 64 }, (_, index) => `n${index}`);
      const results = await Promise.allSettled(names.map((name) => writer.add({ tenant: 1, name })));
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      expect(results[20]).toMatchObject({ status: 'rejected', reason: { code: '55P03' } });
      expect(
        groups
          .filter((group) => group.includes('n20'))
          .map(({ length }) => length)
          .slice(0, 4),
      ).toEqual([64, 16, 4, 1]);
    });

    it('gives an item up after two seconds of it, not before', async () => {
      const real = performance.now.bind(performance);
      let passed = 0;
      const clock = jest.spyOn(performance, 'now').mockImplementation(() => real() + passed);
      try {
        // The first refusal, one that comes within two seconds of it, and one after them.
        const waits = [0, 1000, 1001];
        const { writer, groups } = recording(() => {
          passed += waits.shift() ?? 0;
          return refused('55P03');
        });
        await expect(writer.add({ tenant: 1, name: 'a' })).rejects.toMatchObject({ code: '55P03' });
        expect(groups).toEqual([['a'], ['a'], ['a']]);
      } finally {
        clock.mockRestore();
      }
    });
  });

  it('drains: resolves when everything added is written', async () => {
    const { writer, groups } = recording(undefined, 2);
    const added = ['a', 'b', 'c'].map((name) => writer.add({ tenant: 1, name }));
    await writer.drain();
    expect(groups.flat()).toEqual(['a', 'b', 'c']);
    await Promise.all(added);
  });
});
