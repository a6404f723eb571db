import { ValidateBy } from 'class-validator';

/** How far ahead a message may be scheduled, days. */
export const MAX_SCHEDULE_DAYS = 30;

const DAY_MS = 86_400_000;

/** A moment of ISO 8601 with its zone; Date.parse takes much more, and takes 30 February for 2 March. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/i;

/** The moment that a `send_at` names; undefined when it is none. */
export function parseSendAt(text: string): Date | undefined {
  const match = MOMENT.exec(text);
  if (!match) return undefined;
  const day = new Date(`${match[1] ?? ''}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(match[1] ?? '')) return undefined;
  return new Date(text.toUpperCase().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

/** What is wrong with a `send_at`, now; undefined: nothing. */
function faultOf(value: unknown): string | undefined {
  const at = typeof value === 'string' ? parseSendAt(value) : undefined;
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
