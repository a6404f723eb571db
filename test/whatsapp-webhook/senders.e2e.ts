import {
  inbound,
  InboxFixture,
  messagesEntry,
  newPhone,
  textOf,
  webhook,
  type FixtureNumber,
} from './inbox-fixture.js';

/** Who a sender is: phone, WhatsApp user id, or both, and what becomes of them. */
describe('senders', () => {
  let inbox: InboxFixture;
  beforeAll(async () => {
    inbox = await InboxFixture.start();
  });
  afterAll(() => inbox.stop());

  const contacts = (tenantId: number) =>
    inbox.rows<{ id: number; phone: string | null; whatsapp_user_id: string | null }>(
      'SELECT * FROM contacts WHERE tenant_id = $1 ORDER BY id',
      [tenantId],
    );
  const messages = (number: FixtureNumber) =>
    inbox.rows<{ contact_id: number }>('SELECT * FROM messages WHERE number_id = $1 ORDER BY id', [number.numberId]);

  describe('WhatsApp user ids', () => {
    it('make a contact who shows no phone', async () => {
      const number = await inbox.connectedTenant();
      await inbox.receive(inbound(number, { userId: 'US.77' }));
      await inbox.receive(inbound(number, { userId: 'US.77', name: 'Kim' }));
      expect(await contacts(number.tenantId)).toMatchObject([
        { phone: null, whatsapp_user_id: 'US.77', firstname: 'US.77', profile_name: 'Kim' },
      ]);
      expect(await messages(number)).toMatchObject([{ phone: null }, { phone: null }]);
    });

    it('are joined by the phone when it comes to light', async () => {
      const number = await inbox.connectedTenant();
      const phone = newPhone();
      await inbox.receive(inbound(number, { userId: 'US.78' }));
      await inbox.receive(inbound(number, { userId: 'US.78', phone }));
      expect(await contacts(number.tenantId)).toMatchObject([{ phone, whatsapp_user_id: 'US.78' }]);
    });

    it('stay with their contact when the phone is another contact: the phone decides', async () => {
      const number = await inbox.connectedTenant();
      const phone = newPhone();
      await inbox.receive(inbound(number, { userId: 'US.79' }));
      await inbox.receive(inbound(number, { phone }));
      await inbox.receive(inbound(number, { phone, userId: 'US.79' }));
      const [byUserId, byPhone] = await contacts(number.tenantId);
      expect([byUserId, byPhone]).toMatchObject([
        { phone: null, whatsapp_user_id: 'US.79' },
        { phone, whatsapp_user_id: null },
      ]);
      expect((await messages(number)).map((message) => message.contact_id)).toEqual([
        byUserId?.id,
        byPhone?.id,
        byPhone?.id,
      ]);
    });

    it('do not cross tenants', async () => {
      const [one, other] = [await inbox.connectedTenant(), await inbox.connectedTenant()];
      const person = { userId: 'US.80', phone: newPhone() };
      await inbox.receive(webhook(...[one, other].map((to) => messagesEntry(to, { messages: [textOf(person)] }))));
      expect(await contacts(one.tenantId)).toHaveLength(1);
      expect(await contacts(other.tenantId)).toHaveLength(1);
    });
  });

  describe('a customer who changes', () => {
    const system = (system: object) => ({ type: 'system', text: undefined, system });

    it('keeps his contact under the new number and user id', async () => {
      const number = await inbox.connectedTenant();
      const [old, next] = [newPhone(), newPhone()];
      await inbox.receive(inbound(number, { phone: old, userId: 'US.1' }));
      const change = system({ type: 'user_changed_number', wa_id: next, user_id: 'US.2', body: 'changed' });
      await inbox.receive(inbound(number, { phone: old }, textOf({ phone: old }, change)));
      await inbox.receive(inbound(number, { phone: next }));
      const list = await contacts(number.tenantId);
      expect(list).toMatchObject([{ phone: next, whatsapp_user_id: 'US.2' }]);
      expect((await messages(number)).map((message) => message.contact_id)).toEqual([1, 2, 3].map(() => list[0]?.id));
    });

    it('keeps his contact under the new user id', async () => {
      const number = await inbox.connectedTenant();
      await inbox.receive(inbound(number, { userId: 'US.3' }));
      const change = system({ type: 'user_changed_user_id', user_id: 'US.4', previous_user_id: 'US.3' });
      await inbox.receive(inbound(number, { userId: 'US.4' }, textOf({ userId: 'US.4' }, change)));
      expect(await contacts(number.tenantId)).toMatchObject([{ whatsapp_user_id: 'US.4' }]);
    });

    it('leaves a contact alone who has the new number already', async () => {
      const number = await inbox.connectedTenant();
      const [old, next] = [newPhone(), newPhone()];
      await inbox.receive(inbound(number, { phone: old }));
      await inbox.receive(inbound(number, { phone: next, name: 'Other' }));
      const change = system({ type: 'user_changed_number', wa_id: next });
      await inbox.receive(inbound(number, { phone: old }, textOf({ phone: old }, change)));
      expect(await contacts(number.tenantId)).toMatchObject([{ phone: old }, { phone: next, firstname: 'Other' }]);
    });
  });
});
