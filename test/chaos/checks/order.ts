import { messageIdOf, type Testimony, wasUnknown } from '../witness.js';

/**
 * The order within lanes. Of two messages of one number to one recipient, the second called for after the first was
 * answered, WhatsApp must have taken the first first. Calls that overlapped have no order. A first whose outcome was
 * unknown does not hold the others, so it is left out; so would be one that kept them for longer than ORDER_HOLD_S,
 * which is longer than any run.
 */
export function judgeOrder({ sent, stored, taken }: Testimony): string[] {
  const place = new Map<number, number>();
  taken.forEach((message, index) => {
    const id = messageIdOf(message);
    if (id !== undefined && !place.has(id)) place.set(id, index);
  });
  const unknown = new Set(stored.filter(wasUnknown).map(({ id }) => id));
  const lanes = new Map<string, typeof sent>();
  for (const send of sent) lanes.set(send.phone, [...(lanes.get(send.phone) ?? []), send]);
  const findings: string[] = [];
  for (const lane of lanes.values()) {
    for (const first of lane) {
      const before = place.get(first.id ?? 0);
      if (first.id === undefined || before === undefined || unknown.has(first.id)) continue;
      for (const second of lane) {
        const after = place.get(second.id ?? 0);
        if (after === undefined || second.startedAt <= first.endedAt || after > before) continue;
        findings.push(`message ${second.id} to ${second.phone} overtook message ${first.id}`);
      }
    }
  }
  return findings;
}
