import { defaultBehaviour, type StatusBehaviour, type StatusDelays } from '../world/behaviour.js';
import {
  checkKeys,
  ControlError,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalObject,
  type Params,
} from './control-params.js';

const DAY_MS = 86_400_000;

/** Changes what is named and keeps the rest. @throws ControlError */
export function changeBehaviour(now: StatusBehaviour, params: Params): StatusBehaviour {
  checkKeys(params, Object.keys(defaultBehaviour(now.delays)));
  const skip = optionalObject(params, 'skip') ?? {};
  checkKeys(skip, ['sent', 'delivered', 'read']);
  return {
    delays: changeDelays(now.delays, optionalObject(params, 'delays') ?? {}),
    skip: {
      sent: probability(skip, 'sent') ?? now.skip.sent,
      delivered: probability(skip, 'delivered') ?? now.skip.delivered,
      read: probability(skip, 'read') ?? now.skip.read,
    },
    duplicate: probability(params, 'duplicate') ?? now.duplicate,
    reorder: probability(params, 'reorder') ?? now.reorder,
    fail: failure(params, 'fail') ?? now.fail,
    fail_after_delivered: failure(params, 'fail_after_delivered') ?? now.fail_after_delivered,
    answer_after_webhook: optionalBoolean(params, 'answer_after_webhook') ?? now.answer_after_webhook,
    template_message_status:
      optionalChoice(params, 'template_message_status', [
        'accepted',
        'held_for_quality_assessment',
        'paused',
      ] as const) ?? now.template_message_status,
    hold_ms: optionalNumber(params, 'hold_ms', 0, DAY_MS) ?? now.hold_ms,
  };
}

/** A delay of null means that the status never comes. */
function changeDelays(now: StatusDelays, params: Params): StatusDelays {
  checkKeys(params, ['sent', 'delivered', 'read', 'played']);
  const delay = (key: keyof StatusDelays): number | null =>
    params[key] === null ? null : (optionalNumber(params, key, 0, 30 * DAY_MS) ?? now[key]);
  return { sent: delay('sent'), delivered: delay('delivered'), read: delay('read'), played: delay('played') };
}

function failure(params: Params, key: string): { probability: number; code: number } | undefined {
  const value = optionalObject(params, key);
  if (value === undefined) return undefined;
  checkKeys(value, ['probability', 'code']);
  const code = optionalNumber(value, 'code', 0, 9_999_999);
  if (code === undefined) throw new ControlError(`${key}.code is missing`);
  return { probability: probability(value, 'probability') ?? 1, code };
}

function probability(params: Params, key: string): number | undefined {
  return optionalNumber(params, key, 0, 1);
}
