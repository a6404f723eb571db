import { ValidateBy } from 'class-validator';
import { parseMoment } from '../../platform/http/validation/moment.js';

/** How far ahead a message may be scheduled, days. */
export const MAX_SCHEDULE_DAYS = 30;

const DAY_MS = 86_400_000;

/** What is wrong with a `send_at`, now; undefined: nothing. */
function faultOf(value: unknown): string | undefined {
  const at = typeof value === 'string' ? parseMoment(value) : undefined;
  if (!at) return 'must be a time as ISO 8601 with its zone, such as 2026-01-31T09:30:00+02:00';
  const aheadMs = at.getTime() - Date.now();
  if (aheadMs <= 0) return 'must lie in the future';
  if (aheadMs > MAX_SCHEDULE_DAYS * DAY_MS) return `must not lie more than ${MAX_SCHEDULE_DAYS} days ahead`;
  return undefined;
}

/** A time to send at: with its zone, in the future, at most {@link MAX_SCHEDULE_DAYS} days ahead. */
export const IsSendTime = (): PropertyDecorator =>
  ValidateBy({
    name: 'isSendTime',
    validator: {
      validate: (value: unknown) => faultOf(value) === undefined,
      defaultMessage: (args) => `${args?.property ?? 'value'} ${faultOf(args?.value) ?? 'is not valid'}`,
    },
  });
