import { Settings } from '../../platform/config/settings.js';
import { InFlight } from './in-flight.js';

const inFlightOf = (places: number): InFlight =>
  new InFlight(Object.assign(new Settings(), { DELIVERY_CONCURRENCY: places }));

const enterAll = (inFlight: InFlight, numberId: number, times: number): Promise<boolean[]> =>
  Promise.all(Array.from({ length: times }, () => inFlight.enter(numberId)));

describe('the bound on messages in work', () => {
  it('lets in as many as there are places, the others in order of arrival', async () => {
    const inFlight = inFlightOf(2);
    const entered: number[] = [];
    const enter = async (numberId: number): Promise<void> => {
      await inFlight.enter(numberId);
      entered.push(numberId);
    };
    const all = [1, 2, 3, 4].map(enter);
    await Promise.all(all.slice(0, 2));
    expect(entered).toEqual([1, 2]);
    inFlight.leave(1);
    await all[2];
    expect(entered).toEqual([1, 2, 3]);
    inFlight.leave(2);
    await all[3];
    expect(entered).toEqual([1, 2, 3, 4]);
  });

  it('has its places back when all have left', async () => {
    const inFlight = inFlightOf(1);
    await inFlight.enter(1);
    inFlight.leave(1);
    await expect(inFlight.enter(1)).resolves.toBe(true);
  });
});

describe("a number's part of it", () => {
  it('is a fifth, and who finds it full is told so at once', async () => {
    const inFlight = inFlightOf(50);
    expect(inFlight.room(1)).toBe(10);
    expect(await enterAll(inFlight, 1, 11)).toEqual([...Array.from({ length: 10 }, () => true), false]);
    expect(inFlight.room(1)).toBe(0);
    expect(inFlight.room(2)).toBe(10);
    inFlight.leave(1);
    expect(inFlight.room(1)).toBe(1);
    expect(await inFlight.enter(1)).toBe(true);
  });

  it('is no more than leaves in two seconds, once the rate is known', async () => {
    const inFlight = inFlightOf(500);
    inFlight.learn(1, 5);
    inFlight.learn(2, 1000);
    expect([inFlight.room(1), inFlight.room(2), inFlight.room(3)]).toEqual([10, 100, 100]);
    await enterAll(inFlight, 1, 10);
    expect(await inFlight.enter(1)).toBe(false);
  });

  it('is one place at least', async () => {
    const inFlight = inFlightOf(4);
    expect(await enterAll(inFlight, 1, 2)).toEqual([true, false]);
  });

  it('counts who waits for a place, so that one number is never the whole line', async () => {
    const inFlight = inFlightOf(10);
    for (const numberId of [1, 2, 3, 4, 5]) await enterAll(inFlight, numberId, 2);
    const waiting = [inFlight.enter(6), inFlight.enter(6)];
    expect(await inFlight.enter(6)).toBe(false);
    inFlight.leave(1);
    inFlight.leave(1);
    expect(await Promise.all(waiting)).toEqual([true, true]);
  });
});
