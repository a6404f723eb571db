import { createHash } from 'node:crypto';

/** A WhatsApp user as one business sees it. */
export interface UserIdentity {
  /** Digits of the phone number; null when only the business-scoped user id is known. */
  waId: string | null;
  userId: string;
  name: string | null;
  username: string | null;
}

const USERS_MAX = 200_000;

/** The users of one account, found by number or by business-scoped user id. */
export class ContactBook {
  readonly #byWaId = new Map<string, UserIdentity>();
  readonly #byUserId = new Map<string, UserIdentity>();

  constructor(readonly accountId: string) {}

  byWaId(waId: string): UserIdentity {
    const known = this.#byWaId.get(waId);
    if (known !== undefined) return known;
    return this.#add({ waId, userId: businessScopedUserId(this.accountId, waId), name: null, username: null });
  }

  byUserId(userId: string): UserIdentity {
    const known = this.#byUserId.get(userId);
    if (known !== undefined) return known;
    return this.#add({ waId: null, userId, name: null, username: null });
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

/** Always the same for one account and number, as Meta's is; the country part is not looked up. */
function businessScopedUserId(accountId: string, waId: string): string {
  const digest = createHash('sha256').update(`${accountId}/${waId}`).digest();
  return `US.${String(10n ** 16n + (digest.readBigUInt64BE(0) % (9n * 10n ** 16n)))}`;
}
