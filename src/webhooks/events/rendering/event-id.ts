import { customAlphabet } from 'nanoid';

/** `_` and twelve of these: 62 bits beside the second, so that two events never have one id. */
const random = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12);

/** A new id of an event that happened then: `evt_<unix seconds>_<12 of [a-z0-9]>`. */
export const newEventId = (occurredAt: Date): string =>
  `evt_${String(Math.floor(occurredAt.getTime() / 1000))}_${random()}`;
