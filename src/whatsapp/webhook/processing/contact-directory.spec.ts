import fc from 'fast-check';
import { ContactDirectory, type KnownContact } from './contact-directory.js';

const TENANT = 1;
const stored = (id: number, phone: string | null, userId: string | null, tenantId = TENANT): KnownContact => ({
  id,
  tenantId,
  phone,
  userId,
  profileName: null,
  learned: {},
});
const sender = (phone: string | null, userId: string | null, profileName: string | null = null) => ({
  phone,
  userId,
  profileName,
});

describe('ContactDirectory', () => {
  it('knows a sender by phone, else by user id', () => {
    const [byPhone, byUserId] = [stored(1, '201', null), stored(2, null, 'US.1')];
    const directory = new ContactDirectory([byPhone, byUserId]);
    expect(directory.recognise(TENANT, sender('201', null), null)).toBe(byPhone);
    expect(directory.recognise(TENANT, sender(null, 'US.1'), null)).toBe(byUserId);
  });

  it('lets the phone decide when phone and user id are two contacts, and moves nothing', () => {
    const [byPhone, byUserId] = [stored(1, '201', null), stored(2, null, 'US.1')];
    const directory = new ContactDirectory([byPhone, byUserId]);
    expect(directory.recognise(TENANT, sender('201', 'US.1'), null)).toBe(byPhone);
    expect(byPhone.learned).toEqual({});
    expect(byUserId.learned).toEqual({});
  });

  it('teaches a contact the key it lacks, and a changed user id', () => {
    const contact = stored(1, '201', 'US.1');
    const directory = new ContactDirectory([contact]);
    directory.recognise(TENANT, sender('201', 'US.2', 'Ana'), null);
    expect(contact.learned).toEqual({ userId: 'US.2', profileName: 'Ana' });
    expect(directory.recognise(TENANT, sender(null, 'US.2'), null)).toBe(contact);
    expect(directory.recognise(TENANT, sender(null, 'US.1'), null)).not.toBe(contact);
  });

  it('makes a new contact once, joined by either key', () => {
    const directory = new ContactDirectory([]);
    const made = directory.recognise(TENANT, sender('201', 'US.1'), null);
    expect(made.id).toBeNull();
    expect(directory.recognise(TENANT, sender(null, 'US.1'), null)).toBe(made);
    expect(directory.recognise(TENANT, sender('201', null), null)).toBe(made);
    expect(directory.recognise(2, sender('201', 'US.1'), null)).not.toBe(made);
  });

  it('makes a contact under what he becomes when nobody knows him', () => {
    const directory = new ContactDirectory([]);
    const made = directory.recognise(TENANT, sender('201', null), { phone: '202', userId: 'US.2' });
    expect(made).toMatchObject({ phone: '202', userId: 'US.2' });
  });

  it('never lets two contacts of a tenant have the same phone or user id', () => {
    const phone = fc.option(fc.constantFrom('201', '202', '203'));
    const userId = fc.option(fc.constantFrom('US.1', 'US.2', 'US.3'));
    const identity = fc.record({ phone, userId }).filter((who) => who.phone !== null || who.userId !== null);
    const message = fc.record({ tenantId: fc.constantFrom(1, 2), who: identity, becomes: fc.option(identity) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const known = [stored(1, '201', null, 1), stored(2, null, 'US.1', 1), stored(3, '202', 'US.2', 2)];
        const directory = new ContactDirectory(known);
        const found = messages.map(({ tenantId, who, becomes }) =>
          directory.recognise(tenantId, { ...who, profileName: null }, becomes),
        );
        const contacts = [...new Set([...known, ...found])];
        for (const key of ['phone', 'userId'] as const) {
          const keys = contacts.flatMap((one) => (one[key] === null ? [] : [`${one.tenantId} ${one[key]}`]));
          expect(new Set(keys).size).toBe(keys.length);
        }
        // Everybody can still be reached by something.
        for (const contact of contacts) expect(contact.phone ?? contact.userId).not.toBeNull();
      }),
    );
  });
});
