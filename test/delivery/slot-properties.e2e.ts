import fc from 'fast-check';
import { busiest, departuresOf, SlotsLab } from './slots-lab.js';

const RATE = 80;
const BURST = 45;
const INTERVAL_MS = 6000;
const RECIPIENTS = ['a', 'b', 'c', 'd'];

const lab = new SlotsLab();
const other = lab.another();
beforeAll(() => Promise.all([lab.ready(), other.ready()]));
afterAll(() => {
  lab.close();
  other.close();
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      messages: fc.array(fc.record({ recipient: fc.constantFrom(...RECIPIENTS), urgent: fc.boolean() }), {
        minLength: 1,
        maxLength: 60,
      }),
      horizonMs: fc.integer({ min: 0, max: 8000 }),
      leadMs: fc.integer({ min: 0, max: 60 }),
      elsewhere: fc.boolean(),
    }),
  },
  // Of those that reserved last, some are late and reserve again.
  fc.record({ kind: fc.constant('renew' as const), late: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('charge' as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('hold' as const), milliseconds: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('slow' as const) }),
);

function remove(times: number[], time: number): void {
  times.splice(times.indexOf(time), 1);
}

describe('whatever is reserved, by whomever', () => {
  it('a number keeps to its rate, one-time codes to half of it, and every pair to its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const numberId = await lab.number();
        const all: number[] = [];
        const urgent: number[] = [];
        const ordinary: { recipient: string; departedAt: number }[] = [];
        const ofPair = new Map<string, number[]>(RECIPIENTS.map((recipient) => [recipient, []]));
        for (const action of steps) {
          if (action.kind === 'reserve') {
            const { horizonMs, leadMs, messages } = action;
            const places = await (action.elsewhere ? other : lab).places(numberId, messages, { horizonMs, leadMs });
            all.push(...departuresOf(places));
            for (const [index, message] of messages.entries()) {
              const place = places[index];
              if (place?.kind !== 'departs') continue;
              ofPair.get(message.recipient)?.push(place.at);
              if (message.urgent) urgent.push(place.at);
              else ordinary.push({ recipient: message.recipient, departedAt: place.at });
            }
          } else if (action.kind === 'renew') {
            const missed = ordinary.splice(-action.late);
            const { departures } = await lab.slots.renew({ numberId, ratePerSecond: RATE }, missed);
            for (const [index, { recipient, departedAt }] of missed.entries()) {
              // What was missed did not leave; what got no new departure leaves by another reservation.
              remove(all, departedAt);
              remove(ofPair.get(recipient) ?? [], departedAt);
              const departure = departures[index] ?? null;
              if (departure === null) continue;
              all.push(departure);
              ofPair.get(recipient)?.push(departure);
            }
          } else if (action.kind === 'charge') await lab.slots.charge(numberId, RATE, action.count);
          else if (action.kind === 'hold') await lab.slots.hold(numberId, action.milliseconds);
          else await lab.slots.slowDown(numberId);
        }
        expect(busiest(all, 1000)).toBeLessThanOrEqual(RATE * 0.95 + 1);
        expect(busiest(urgent, 1000)).toBeLessThanOrEqual((RATE * 0.95) / 2 + 1);
        for (const departures of ofPair.values()) {
          for (const intervals of [0, 1, 2, 5]) {
            const most = BURST + intervals;
            expect(busiest(departures, INTERVAL_MS * (intervals + 1) - 1)).toBeLessThanOrEqual(most);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
