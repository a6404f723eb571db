import { jest } from '@jest/globals';
import { Pace } from './pace.js';

describe('what a process can take on', () => {
  let now = 0;
  beforeEach(() => {
    now = 5000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => jest.restoreAllMocks());

  const work = (pace: Pace, perSecond: number, seconds: number): void => {
    for (let tick = 0; tick < seconds * 10; tick += 1) {
      for (let job = 0; job < perSecond / 10; job += 1) pace.take()();
      now += 100;
      pace.room();
    }
  };

  it('is something at the start', () => {
    expect(new Pace().room()).toBe(40);
  });

  it('is less by what is in hand, and never negative', () => {
    const pace = new Pace();
    const departures = Array.from({ length: 30 }, () => pace.take());
    expect(pace.room()).toBe(10);
    const more = Array.from({ length: 30 }, () => pace.take());
    expect(pace.room()).toBe(0);
    for (const depart of [...departures, ...more]) depart();
    expect(pace.room()).toBe(40);
  });

  it('counts a departure once', () => {
    const pace = new Pace();
    const depart = pace.take();
    pace.take();
    depart();
    depart();
    expect(pace.room()).toBe(39);
  });

  it('does not take what it gave back for work done', () => {
    const pace = new Pace();
    for (let tick = 0; tick < 100; tick += 1) {
      for (let job = 0; job < 100; job += 1) pace.take()(false);
      now += 100;
      pace.room();
    }
    expect(pace.room()).toBe(40);
  });

  it('follows what was done lately: three tenths of a second of it', () => {
    const pace = new Pace();
    work(pace, 1000, 10);
    expect(pace.room()).toBeGreaterThan(280);
    expect(pace.room()).toBeLessThanOrEqual(300);
    now += 20_000;
    expect(pace.room()).toBe(40);
  });
});
