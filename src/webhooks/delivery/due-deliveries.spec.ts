import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DueDelivery } from './delivery-store.js';
import { DueDeliveries } from './due-deliveries.js';

const delivery = (id: number, resource: string): DueDelivery => ({
  id,
  resource,
  created_at: new Date(0),
  tenant_id: 1,
  webhook_id: 1,
  attempts: 0,
  first_attempt_at: null,
  event_id: 'evt_1_a',
  payload: '{}',
  occurred_at: new Date(0),
});

describe('due deliveries of an endpoint', () => {
  it('begin one at a time for each resource', () => {
    const due = new DueDeliveries();
    due.add([delivery(1, 'a'), delivery(2, 'a'), delivery(3, 'b')]);
    const first = due.begin();
    expect([first?.id, due.begin()?.id, due.begin(), due.startable]).toEqual([1, 3, undefined, 0]);
    if (first) due.end(first);
    expect([due.startable, due.begin()?.id]).toEqual([1, 2]);
  });

  it('are known from their reading to their end, and read once', () => {
    const due = new DueDeliveries();
    due.add([delivery(1, 'a')]);
    due.add([delivery(1, 'a'), delivery(2, 'a')]);
    expect([...due.known]).toEqual([1, 2]);
    const first = due.begin();
    if (first) due.end(first);
    expect([...due.known]).toEqual([2]);
  });

  it('a retry that becomes due takes its place by its id, but not before one under way', () => {
    const due = new DueDeliveries();
    due.add([delivery(5, 'a'), delivery(9, 'a')]);
    const five = due.begin();
    due.add([delivery(3, 'a')]);
    if (five) due.end(five);
    const three = due.begin();
    expect([five?.id, three?.id]).toEqual([5, 3]);
    if (three) due.end(three);
    expect(due.begin()?.id).toBe(9);
  });

  it('are forgotten but for those under way', () => {
    const due = new DueDeliveries();
    due.add([delivery(1, 'a'), delivery(2, 'a'), delivery(3, 'b')]);
    const first = due.begin();
    due.clear();
    expect([[...due.known], due.startable]).toEqual([[1], 0]);
    if (first) due.end(first);
    expect([[...due.known], due.begin()]).toEqual([[], undefined]);
  });

  it('keep the order of each resource whatever is read and ended when', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('read' as const), resource: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('begin' as const) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(10) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const due = new DueDeliveries();
        const underWay: DueDelivery[] = [];
        const last = new Map<string, number>();
        let id = 0;
        for (const one of steps) {
          if (one.kind === 'read') due.add([delivery((id += 1), one.resource)]);
          else if (one.kind === 'end') {
            const [ended] = underWay.splice(one.which % Math.max(1, underWay.length), 1);
            if (ended) due.end(ended);
          } else {
            const begun = due.begin();
            if (!begun) continue;
            expect(underWay.map(({ resource }) => resource)).not.toContain(begun.resource);
            expect(begun.id).toBeGreaterThan(last.get(begun.resource) ?? 0);
            last.set(begun.resource, begun.id);
            underWay.push(begun);
          }
        }
      }),
    );
  });
});
