import { describe, expect, it } from '@jest/globals';
import { EndpointPlaces, Places } from './places.js';

const quick = { durationMs: 20, timedOut: false, throttled: false, delivered: true };
const silent = { durationMs: 10_000, timedOut: true, throttled: false, delivered: false };

/** Takes as many places as there are for an endpoint. */
function fill(places: Places, endpoint: EndpointPlaces): (() => void)[] {
  const taken: (() => void)[] = [];
  for (let back = places.take(endpoint); back; back = places.take(endpoint)) taken.push(back);
  return taken;
}

const learned = (endpoint: EndpointPlaces, ...ends: (typeof quick)[]): EndpointPlaces => {
  for (const end of ends) endpoint.learn(end);
  return endpoint;
};

describe('the places of an endpoint', () => {
  it('begin with two, grow by one with each quick success, to the limit', () => {
    const endpoint = new EndpointPlaces(1, 4, false);
    expect(endpoint.allowed).toBe(2);
    expect(learned(endpoint, quick).allowed).toBe(3);
    expect(learned(endpoint, quick, quick, quick).allowed).toBe(4);
    expect(new EndpointPlaces(1, 1, false).allowed).toBe(1);
  });

  it('are halved by a time-out or a 429, and never less than one', () => {
    const endpoint = learned(new EndpointPlaces(1, 10, false), ...Array.from({ length: 8 }, () => quick));
    expect(endpoint.allowed).toBe(10);
    expect(learned(endpoint, silent).allowed).toBe(5);
    expect(learned(endpoint, { ...quick, throttled: true, delivered: false }).allowed).toBe(2);
    expect(learned(endpoint, silent, silent, silent).allowed).toBe(1);
    expect(learned(endpoint, quick, quick).allowed).toBe(3);
  });

  it('are a single one while it fails, and stay as they are when it refuses quickly', () => {
    expect(new EndpointPlaces(1, 10, true).allowed).toBe(1);
    const endpoint = new EndpointPlaces(1, 10, false);
    expect(learned(endpoint, { ...quick, delivered: false }).allowed).toBe(2);
  });

  it.each([
    [1999, false],
    [2000, true],
  ])('are those of a slow one after a call of %i ms: %s', (durationMs, slow) => {
    expect(learned(new EndpointPlaces(1, 10, false), { ...quick, durationMs }).slow).toBe(slow);
  });
});

describe('the places of a process', () => {
  it('are had by one tenant up to a fifth, and by all together up to their number', () => {
    const places = new Places(50);
    const grown = (tenant: number) =>
      learned(new EndpointPlaces(tenant, 100, false), ...Array.from({ length: 100 }, () => quick));
    expect(fill(places, grown(1))).toHaveLength(10);
    expect(fill(places, grown(1))).toHaveLength(0);
    for (const tenant of [2, 3, 4, 5]) expect(fill(places, grown(tenant))).toHaveLength(10);
    expect(places.isFull).toBe(true);
    expect(fill(places, grown(6))).toHaveLength(0);
  });

  it('are never all with endpoints that hang, however many there are', () => {
    const places = new Places(20);
    const hanging = Array.from({ length: 100 }, (_, tenant) => learned(new EndpointPlaces(tenant, 10, false), silent));
    expect(hanging.flatMap((endpoint) => fill(places, endpoint))).toHaveLength(10);
    expect(fill(places, new EndpointPlaces(1000, 10, false))).toHaveLength(2);
  });

  it('are given back to the kind that they were taken of', () => {
    const places = new Places(2);
    const endpoint = new EndpointPlaces(1, 10, false);
    const [back] = fill(places, endpoint);
    learned(endpoint, silent);
    back?.();
    expect(endpoint.running).toBe(0);
    expect(fill(places, endpoint)).toHaveLength(1);
    const other = learned(new EndpointPlaces(2, 10, false), silent);
    expect(fill(places, other)).toHaveLength(0);
  });

  it('are at least one for each, however few there are', () => {
    expect(fill(new Places(1), new EndpointPlaces(1, 10, false))).toHaveLength(1);
    expect(fill(new Places(1), new EndpointPlaces(1, 10, true))).toHaveLength(1);
  });
});
