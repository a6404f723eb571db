import type { MessageStatus } from '../record/records.js';
import type { Account } from '../world/account.js';
import type { PhoneNumber } from '../world/phone-number.js';

/** One change on its way to a callback. */
export interface Update {
  readonly account: Account;
  readonly number: PhoneNumber | null;
  readonly field: string;
  /** The change as escaped JSON, so its length is its size in bytes. */
  readonly json: string;
  /** Seconds since 1970, for account-level changes only: Meta gives message changes no `entry.time`. */
  readonly entryTime: number | null;
  /** When it came to be, on the account's clock: after 7 days it is dropped. */
  readonly createdAt: number;
  readonly wamid: string | null;
  readonly status: MessageStatus | null;
  readonly to: string | null;
  /** Called once, when the callback answered 200 (`delivered`) or the update was given up. */
  readonly onSettled: ((delivered: boolean) => void) | null;
}
