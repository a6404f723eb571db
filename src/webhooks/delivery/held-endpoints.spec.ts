import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DueDelivery, LeasedEndpoint } from './delivery-store.js';
import { EndpointWork } from './endpoint-work.js';
import { HeldEndpoints } from './held-endpoints.js';

const ENDPOINT: Omit<LeasedEndpoint, 'id'> = {
  tenant_id: 1,
  is_active: true,
  url: 'https://shop.example/hooks',
  secret_encrypted: Buffer.of(1),
  previous_secret_encrypted: null,
  previous_secret_until: null,
  headers_encrypted: null,
  failing_since: null,
  resumed_at: null,
  version: '1',
};

const delivery = (id: number): DueDelivery => ({
  id,
  created_at: new Date(0),
  tenant_id: 1,
  webhook_id: id,
  resource: 'contact:1',
  attempts: 0,
  first_attempt_at: null,
  event_id: 'evt_1_a',
  payload: '{}',
  occurred_at: null,
});

const quick = { durationMs: 20, timedOut: false, throttled: false, delivered: true };
const refused = { ...quick, delivered: false };

describe('the endpoints that a process holds', () => {
  let held: HeldEndpoints;
  let now: number;
  beforeEach(() => {
    held = new HeldEndpoints();
    // Whole, so that sums and differences are exact.
    now = Math.ceil(performance.now());
  });

  const take = (count: number, troubled: boolean): EndpointWork[] =>
    Array.from({ length: count }, () => {
      const work = new EndpointWork({ ...ENDPOINT, id: held.size + 1 }, 10, troubled);
      held.add(work);
      return work;
    });
  const call = (work: EndpointWork, end = refused): void => {
    work.call(now)();
    work.learn(end);
  };

  it('are taken a hundred of a kind at once', () => {
    expect(held.room(now)).toEqual({ sound: 100, troubled: 100 });
  });

  it('are troubled ones up to half, and then only others', () => {
    take(249, true);
    expect(held.room(now)).toEqual({ sound: 100, troubled: 1 });
    take(1, true);
    expect(held.room(now)).toEqual({ sound: 100, troubled: 0 });
    take(249, false);
    expect(held.room(now)).toEqual({ sound: 1, troubled: 0 });
    take(1, false);
    expect(held.room(now)).toEqual({ sound: 0, troubled: 0 });
  });

  it('leave troubled ones a place, however many others there are', () => {
    take(399, false);
    expect(held.room(now)).toEqual({ sound: 1, troubled: 100 });
    take(1, false);
    expect(held.room(now)).toEqual({ sound: 0, troubled: 100 });
    take(100, true);
    expect(held.room(now)).toEqual({ sound: 0, troubled: 0 });
  });

  it('make room for other troubled ones when they had their turn, and not before there is none', () => {
    const works = take(249, true);
    works.slice(0, 5).forEach((work) => call(work));
    held.rotate(now + 2_100);
    expect(held.room(now).troubled).toBe(1);
    take(1, true);
    held.rotate(now + 1_900);
    expect(held.room(now).troubled).toBe(0);
    held.rotate(now + 2_100);
    expect(works.filter(({ isLeaving }) => isLeaving)).toEqual(works.slice(0, 5));
    expect(held.room(now).troubled).toBe(5);
    expect(held.idle(now)).toEqual(works.slice(0, 5));
  });

  it('make room for others that answer, too, a hundred at once, those first that were taken first', () => {
    const works = take(399, false);
    const answered = works.slice(0, 150);
    answered.forEach((work) => call(work, quick));
    held.rotate(now + 2_100);
    expect(held.room(now).sound).toBe(1);
    take(1, false);
    held.rotate(now + 1_900);
    expect(held.room(now).sound).toBe(0);
    held.rotate(now + 2_100);
    expect(held.idle(now)).toEqual(answered.slice(0, 100));
    expect(held.room(now).sound).toBe(100);
    held.rotate(now + 2_100);
    expect(held.idle(now)).toHaveLength(100);
    take(100, false);
    held.rotate(now + 2_100);
    expect(held.idle(now)).toEqual(answered);
  });

  it('do not leave while a call is under way, and begin no other', () => {
    const [work] = take(250, true);
    if (!work) throw new Error('nothing was taken');
    work.read([delivery(1), delivery(2)], 10, work.refills);
    const one = work.due.begin();
    const ended = work.call(now);
    held.rotate(now + 2_100);
    expect([work.isLeaving, work.mayBegin(now), work.due.startable, held.idle(now + 10_000)]).toEqual([
      true,
      false,
      0,
      [],
    ]);
    ended();
    if (one) work.due.end(one);
    expect(held.idle(now)).toEqual([work]);
  });

  it('are troubled when they failed, hang, were set aside, or rest; and no more when they answer', () => {
    const [work, aside] = [...take(1, false), ...take(1, true)];
    if (!work || !aside) throw new Error('nothing was taken');
    expect([work.isTroubled(now), aside.isTroubled(now)]).toEqual([false, true]);
    const ended = work.call(now);
    expect([work.isTroubled(now + 1_999), work.isTroubled(now + 2_000)]).toEqual([false, true]);
    ended();
    work.learn(refused);
    expect(work.isTroubled(now)).toBe(true);
    work.learn(quick);
    aside.learn(quick);
    expect([work.isTroubled(now), aside.isTroubled(now)]).toEqual([false, false]);
    work.rest(now + 5_000);
    expect([work.isTroubled(now + 4_999), work.mayBegin(now + 4_999)]).toEqual([true, false]);
    expect([work.isTroubled(now + 5_000), work.mayBegin(now + 5_000)]).toEqual([false, true]);
  });

  it('stay for two seconds when nothing is due, up to half of what may be held; beyond that for none', () => {
    const works = take(250, false);
    // None was read yet.
    expect(held.idle(now + 60_000)).toHaveLength(0);
    for (const work of works) work.read([], 10, work.refills);
    const [first = now, last = now] = [works.at(0)?.activeAt, works.at(-1)?.activeAt];
    expect(held.idle(last + 2_001)).toHaveLength(250);
    expect(held.idle(first + 1_999)).toHaveLength(0);
    const [more] = take(1, false);
    expect(held.idle(performance.now())).toHaveLength(250);
    more?.read([], 10, more.refills);
    expect(held.idle(performance.now())).toHaveLength(251);
  });

  it('stay while they rest', () => {
    const [work] = take(1, false);
    work?.read([], 10, work.refills);
    work?.rest(now + 5_000);
    expect(held.idle(now + 4_999)).toEqual([]);
    expect(held.idle(now + 5_000)).toEqual([work]);
  });
});
