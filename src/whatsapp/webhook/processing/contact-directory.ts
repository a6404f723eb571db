import type { Sender } from '../body/items.js';

/** A contact as inbound messages see it. */
export interface KnownContact {
  /** Null until it is stored. */
  id: number | null;
  readonly tenantId: number;
  phone: string | null;
  userId: string | null;
  profileName: string | null;
  /** What was learned and must be written; other fields may have been changed by somebody else meanwhile. */
  readonly learned: { phone?: string; userId?: string; profileName?: string };
}

/** How a person may be addressed. */
export type Identity = Pick<Sender, 'phone' | 'userId'>;

/**
 * The contacts that a batch of inbound messages speaks of, by phone and by WhatsApp user id, and the rules by which a
 * sender is recognised. Both keys are unique per tenant, and stay so:
 *
 * - The phone decides; the user id is asked when the phone is not known or not told.
 * - A contact learns the key it lacks, and a changed one, unless another contact has that key: then nothing moves.
 * - Who is not known becomes a new contact, once, however many messages of the batch are his.
 */
export class ContactDirectory {
  private readonly byPhone = new Map<string, KnownContact>();
  private readonly byUserId = new Map<string, KnownContact>();

  constructor(stored: Iterable<KnownContact>) {
    for (const contact of stored) this.enter(contact);
  }

  /** The contact who sent a message; `becomes` is who he is from now on, when the message says so. */
  recognise(tenantId: number, sender: Sender, becomes: Identity | null): KnownContact {
    const contact =
      this.find(tenantId, sender) ??
      (becomes && this.find(tenantId, becomes)) ??
      this.create(tenantId, {
        phone: becomes?.phone ?? sender.phone,
        userId: becomes?.userId ?? sender.userId,
        profileName: sender.profileName,
      });
    this.learn(contact, becomes ?? sender);
    if (sender.profileName !== null && contact.profileName !== sender.profileName) {
      contact.profileName = sender.profileName;
      contact.learned.profileName = sender.profileName;
    }
    return contact;
  }

  private find(tenantId: number, { phone, userId }: Identity): KnownContact | undefined {
    return (
      (phone !== null ? this.byPhone.get(`${tenantId} ${phone}`) : undefined) ??
      (userId !== null ? this.byUserId.get(`${tenantId} ${userId}`) : undefined)
    );
  }

  private learn(contact: KnownContact, { phone, userId }: Identity): void {
    if (phone !== null && contact.phone !== phone && !this.byPhone.has(`${contact.tenantId} ${phone}`)) {
      if (contact.phone !== null) this.byPhone.delete(`${contact.tenantId} ${contact.phone}`);
      contact.phone = phone;
      contact.learned.phone = phone;
    }
    if (userId !== null && contact.userId !== userId && !this.byUserId.has(`${contact.tenantId} ${userId}`)) {
      if (contact.userId !== null) this.byUserId.delete(`${contact.tenantId} ${contact.userId}`);
      contact.userId = userId;
      contact.learned.userId = userId;
    }
    this.enter(contact);
  }

  private create(tenantId: number, { phone, userId, profileName }: Sender): KnownContact {
    const contact: KnownContact = { id: null, tenantId, phone, userId, profileName, learned: {} };
    this.enter(contact);
    return contact;
  }

  private enter(contact: KnownContact): void {
    if (contact.phone !== null) this.byPhone.set(`${contact.tenantId} ${contact.phone}`, contact);
    if (contact.userId !== null) this.byUserId.set(`${contact.tenantId} ${contact.userId}`, contact);
  }
}
