import { jest } from '@jest/globals';
import { Departures } from './departures.js';

describe('waiting for departures', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('lets what is due go at once', async () => {
    const departures = new Departures();
    await expect(departures.wait(0)).resolves.toBe(true);
    await expect(departures.wait(-30)).resolves.toBe(true);
  });

  it('waits no longer and no less than asked', async () => {
    const departures = new Departures();
    const gone: boolean[] = [];
    void departures.wait(100).then((there) => gone.push(there));
    await jest.advanceTimersByTimeAsync(99);
    expect(gone).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(gone).toEqual([true]);
  });

  it('ends every wait when the worker stops, and leaves no timer', async () => {
    const departures = new Departures();
    const waits = Promise.all([departures.wait(1000), departures.wait(5000)]);
    departures.stop();
    await expect(waits).resolves.toEqual([false, false]);
    await expect(departures.wait(0)).resolves.toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });
});
