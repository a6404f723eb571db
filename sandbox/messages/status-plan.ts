import type { GraphError } from '../graph/graph-error.js';
import type { MessageStatus } from '../record/records.js';
import type { StatusBehaviour } from '../world/behaviour.js';
import type { SeededRandom } from '../world/random.js';

/** One status to come. */
export interface PlannedStatus {
  readonly status: MessageStatus;
  /** When its webhook leaves. */
  due: number;
  /** What its timestamp says. */
  readonly at: number;
  readonly error: GraphError | null;
  readonly twice: boolean;
}

export interface PlanInput {
  /** When the message was accepted. */
  readonly acceptedAt: number;
  /** Statuses come not before this moment: media were still being fetched, or the message was held. */
  readonly notBefore: number;
  readonly behaviour: StatusBehaviour;
  readonly random: SeededRandom;
  readonly error: GraphError | null;
  readonly failAfterDelivered: GraphError | null;
  /** A reaction only gets `sent`. */
  readonly reaction: boolean;
  /** A voice message is `played` after it was read. */
  readonly voice: boolean;
}

/** The statuses a message will get, in the order in which they leave. */
export function planStatuses(input: PlanInput): PlannedStatus[] {
  const { behaviour, random } = input;
  const { delays, skip } = behaviour;
  const plan: PlannedStatus[] = [];
  const add = (
    status: MessageStatus,
    delay: number | null,
    skipProbability: number,
    error: GraphError | null,
  ): void => {
    if (delay === null || random.chance(skipProbability)) return;
    const at = Math.max(input.acceptedAt + delay, input.notBefore);
    plan.push({ status, due: at, at, error, twice: random.chance(behaviour.duplicate) });
  };
  if (input.error !== null) {
    add('failed', delays.sent ?? 0, 0, input.error);
    return plan;
  }
  add('sent', delays.sent, skip.sent, null);
  if (input.reaction) return plan;
  add('delivered', delays.delivered, skip.delivered, null);
  if (input.failAfterDelivered !== null) {
    add('failed', delays.delivered ?? 0, 0, input.failAfterDelivered);
    return plan;
  }
  add('read', delays.read, skip.read, null);
  if (input.voice && delays.read !== null) add('played', delays.played, 0, null);
  return swapSome(plan, behaviour.reorder, random);
}

/** Makes neighbours leave in the wrong order; each keeps its timestamp. */
function swapSome(plan: PlannedStatus[], probability: number, random: SeededRandom): PlannedStatus[] {
  for (let index = 0; index + 1 < plan.length; index++) {
    const left = plan[index];
    const right = plan[index + 1];
    if (left === undefined || right === undefined || !random.chance(probability)) continue;
    [left.due, right.due] = [right.due, left.due];
    plan[index] = right;
    plan[index + 1] = left;
    index += 1;
  }
  return plan;
}
