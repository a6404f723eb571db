import type { ApiError } from '../../platform/http/api-error.js';

/** A message is refused although its group has already written: the whole group must roll back. */
export class RefusedMidway extends Error {
  constructor(readonly refusal: ApiError) {
    super('A message of the group was refused midway');
  }
}

/** Messages that cannot be accepted in one transaction: each is to be run alone. */
export class NotTogether extends Error {}

/** What a store delivered has led to a message already, or what it says has (`once`). In a group each is to be run alone. */
export class StorePayloadNotDue extends NotTogether {
  constructor(readonly why: 'settled' | 'once') {
    super(`A store's payload is not due: ${why}`);
  }
}
