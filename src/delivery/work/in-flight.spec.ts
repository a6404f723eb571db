import { InFlight } from './in-flight.js';

describe('the bound on messages in work', () => {
  it('lets in as many as there are places, the others in order of arrival', async () => {
    const inFlight = new InFlight(2);
    const entered: string[] = [];
    const enter = async (name: string): Promise<void> => {
      await inFlight.enter();
      entered.push(name);
    };
    const all = ['a', 'b', 'c', 'd'].map(enter);
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual(['a', 'b']);
    inFlight.leave();
    await all[2];
    expect(entered).toEqual(['a', 'b', 'c']);
    inFlight.leave();
    await all[3];
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('has its places back when all have left', async () => {
    const inFlight = new InFlight(1);
    await inFlight.enter();
    inFlight.leave();
    await expect(inFlight.enter()).resolves.toBeUndefined();
  });
});
