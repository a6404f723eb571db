import { seedFor } from './random.js';

/** A WhatsApp user as one business sees it. */
export interface UserIdentity {
  /** Digits of the phone number; null when only the business-scoped user id is known. */
  waId: string | null;
  userId: string;
  name: string | null;
  username: string | null;
  /** Wants no marketing of this business. */
  stoppedMarketing: boolean;
}

const USERS_MAX = 200_000;
const UNKNOWN = { name: null, username: null, stoppedMarketing: false };

/** The users of one account, found by number or by business-scoped user id. */
export class ContactBook {
  readonly #byWaId = new Map<string, UserIdentity>();
  readonly #byUserId = new Map<string, UserIdentity>();

  constructor(readonly accountId: string) {}

  byWaId(waId: string): UserIdentity {
    const known = this.#byWaId.get(waId);
    if (known !== undefined) return known;
    return this.#add({ waId, userId: businessScopedUserId(this.accountId, waId), ...UNKNOWN });
  }

  byUserId(userId: string): UserIdentity {
    const known = this.#byUserId.get(userId);
    if (known !== undefined) return known;
    return this.#add({ waId: null, userId, ...UNKNOWN });
  }

  /** The user got another number; the old number is free for somebody else. */
  changeNumber(user: UserIdentity, waId: string): void {
    if (user.waId !== null) this.#byWaId.delete(user.waId);
    user.waId = waId;
    this.#byWaId.set(waId, user);
  }

  changeUserId(user: UserIdentity, userId: string): void {
    this.#byUserId.delete(user.userId);
    user.userId = userId;
    this.#byUserId.set(userId, user);
  }

  reset(): void {
    this.#byWaId.clear();
    this.#byUserId.clear();
  }

  #add(user: UserIdentity): UserIdentity {
    if (this.#byUserId.size >= USERS_MAX) this.#forgetOldest();
    if (user.waId !== null) this.#byWaId.set(user.waId, user);
    this.#byUserId.set(user.userId, user);
    return user;
  }

  #forgetOldest(): void {
    for (const oldest of this.#byUserId.values()) {
      this.#byUserId.delete(oldest.userId);
      if (oldest.waId !== null) this.#byWaId.delete(oldest.waId);
      return;
    }
  }
}

/**
 * Always the same for one account and number, as Meta's is; the country part is not looked up.
 * A cheap hash, because every new recipient needs one: 53 bits and the number's own last digits.
 */
function businessScopedUserId(accountId: string, waId: string): string {
  const high = seedFor(0x811c9dc5, `${accountId}/${waId}`) & 0x1fffff;
  const low = seedFor(0x2545f491, `${waId}/${accountId}`);
  return `US.${high * 4_294_967_296 + low + 1_000_000_000_000}${waId.slice(-4)}`;
}
