import { randomInt, randomUUID } from 'node:crypto';
import { eraseContacts } from '../../src/contacts/erase/erase-contacts.js';
import { acceptGroup } from '../../src/messages/outbound/accept-group.js';
import type { Acceptance, OutboundMessage } from '../../src/messages/outbound/outbound-message.js';
import { countActions } from '../../src/otp/store/phone-limits.js';
import { retireMessages } from '../../src/otp/store/retire-messages.js';
import { Postgres, type SqlRunner } from '../../src/platform/database/postgres.js';
import { Log } from '../../src/platform/logging/log.js';
import { storeInboundMessages } from '../../src/whatsapp/webhook/processing/inbound-messages.js';
import { countUninvitedContacts } from '../../src/tenants/plan-places.js';
import { someoneWaits } from './lane-lab.js';
import { Outbox, type Sender } from './outbox.js';

/** A customer of the sender's, with a chat. */
interface Customer {
  contactId: number;
  chatId: number;
  phone: string;
}

/** Waits for rows longer than the program does, so that a slow machine proves the same as a quick one. */
class PatientPostgres extends Postgres {
  override transaction<T>(work: (sql: SqlRunner) => Promise<T>): Promise<T> {
    return super.transaction(work, { lockTimeoutMs: 20_000 });
  }
}

let outbox: Outbox;
let patient: PatientPostgres;
let sender: Sender;
let from: string;
beforeAll(async () => {
  outbox = await Outbox.create();
  patient = new PatientPostgres(outbox.settings, new Log(outbox.settings));
});
beforeEach(async () => {
  sender = await outbox.sender();
  await outbox.run(
    `WITH source AS (INSERT INTO sources (tenant_id, name) VALUES ($1, 'web') RETURNING id),
          status AS (INSERT INTO statuses (tenant_id, name) VALUES ($1, 'new') RETURNING id),
          assignee AS (INSERT INTO staff (tenant_id, name) VALUES ($1, 'Ann') RETURNING id)
     UPDATE tenants t SET default_source_id = source.id, default_status_id = status.id, default_assigned_id = assignee.id
       FROM source, status, assignee WHERE t.id = $1`,
    [sender.tenantId],
  );
  const { rows } = await outbox.postgres.pool.query<{ from: string }>(
    'SELECT phone_number_id AS from FROM phone_numbers WHERE id = $1',
    [sender.numberId],
  );
  from = rows[0]?.from ?? '';
});
afterAll(async () => {
  await patient.onModuleDestroy();
  await outbox.close();
});

const newPhone = (): string => `1555${randomInt(10_000_000, 99_999_999)}`;

/** Chats in the order of their ids; the plan's conversation is open in those that `open` names. */
async function customers(open: boolean[]): Promise<Customer[]> {
  const phones = open.map(newPhone);
  const { rows } = await outbox.postgres.pool.query<{ contact_id: number; chat_id: number; phone: string }>(
    `WITH contact AS (INSERT INTO contacts (tenant_id, firstname, type, phone)
                      SELECT $1, 'c', 'lead', phone FROM unnest($3::text[]) AS phone RETURNING id, phone),
          chat AS (INSERT INTO chats (tenant_id, number_id, contact_id, conversation_expires_at)
                   SELECT $1, $2, c.id, CASE WHEN i.open THEN now() + interval '1 hour' END
                     FROM unnest($3::text[], $4::boolean[]) WITH ORDINALITY AS i (phone, open, ord)
                     JOIN contact c USING (phone) ORDER BY i.ord RETURNING id, contact_id)
     SELECT contact_id, chat.id AS chat_id, phone FROM chat JOIN contact ON contact.id = contact_id ORDER BY chat.id`,
    [sender.tenantId, sender.numberId, phones, open],
  );
  return rows.map((row) => ({ contactId: row.contact_id, chatId: row.chat_id, phone: row.phone }));
}

/** Messages that the API accepts in one group, each to a contact or to a phone. */
function accept(recipients: { contactId?: number; phone?: string }[]): Promise<Acceptance[]> {
  const items = recipients.map((recipient) => {
    const message: OutboundMessage = {
      ...recipient,
      tenantId: sender.tenantId,
      requestId: randomUUID(),
      type: 'image',
      from,
      text: null,
      textField: 'caption',
      textLimit: 1024,
      content: {},
      priority: 5,
    };
    return { message, waiter: null };
  });
  return acceptGroup(patient, items, {
    isBacklogged: () => false,
    orderHoldS: 300,
    keys: outbox.keys,
    hashes: outbox.hashes,
  });
}

/** A customer's message, as the webhook's processing stores it. */
async function receive(sql: SqlRunner, phone: string): Promise<void> {
  const now = new Date();
  const stored = await storeInboundMessages(sql, outbox.hashes, [
    {
      number: { numberId: sender.numberId, tenantId: sender.tenantId, ratePerSecond: 80 },
      entry: {
        appId: null,
        receivedAt: now,
        requestId: randomUUID(),
        item: {
          at: 'entry.0.changes.0.messages.0',
          wabaId: '1',
          kind: 'message',
          phoneNumberId: from,
          wamid: `wamid.${randomUUID()}`,
          sender: { phone, userId: null, profileName: null },
          sentAt: now,
          type: 'text',
          body: 'hi',
          content: '{}',
          replyToWamid: null,
          becomes: null,
          error: null,
          word: null,
          media: null,
        },
      },
    },
  ]);
  await countUninvitedContacts(sql, stored.created);
  expect(stored.numbers).toHaveLength(1);
}

/**
 * A webhook that holds the chat of `first` while a group wants it, and then wants what `next` gives. Whoever keeps the
 * order (contacts, chats in the order of their ids, messages, counters of tenants) holds nothing of that yet: the
 * webhook goes on at once, where it would stand in a deadlock otherwise.
 */
async function webhookAgainst(group: Parameters<typeof accept>[0], first: string, next: string): Promise<void> {
  let accepting: ReturnType<typeof accept> | undefined;
  await outbox.postgres.transaction(
    async (sql) => {
      await receive(sql, first);
      accepting = accept(group);
      await someoneWaits(outbox);
      await receive(sql, next);
    },
    { lockTimeoutMs: 500 },
  );
  expect((await accepting)?.map((result) => Object.keys(result))).toEqual(group.map(() => ['accepted']));
}

it('a group of sends locks its chats in the order of their ids, whichever of them open a conversation', async () => {
  const [open, closed] = await customers([true, false]);
  if (!open || !closed) throw new Error('no customers');
  await webhookAgainst([{ contactId: closed.contactId }, { contactId: open.contactId }], open.phone, closed.phone);
});

it('a group of sends holds no counter of its tenant while it waits for a chat', async () => {
  const [known] = await customers([true]);
  if (!known) throw new Error('no customer');
  await webhookAgainst([{ contactId: known.contactId }, { phone: newPhone() }], known.phone, newPhone());
  const { rows } = await outbox.postgres.pool.query('SELECT contact_count FROM tenants WHERE id = $1', [
    sender.tenantId,
  ]);
  // Both made a contact, and both were counted.
  expect(rows).toEqual([{ contact_count: 2 }]);
});

it('a deletion of a contact locks the phone of its codes before its messages, as a verification does', async () => {
  const { tenantId } = sender;
  const phone = newPhone();
  const messageId = await outbox.message(sender);
  const { rows } = await outbox.postgres.pool.query<{ id: number }>(
    'UPDATE contacts c SET phone = $2 FROM messages m WHERE m.id = $1 AND c.id = m.contact_id RETURNING c.id',
    [messageId, phone],
  );
  const contactIds = rows.map(({ id }) => id);
  const tried = { tenantId, phone, action: 'verification' } as const;
  await countActions(outbox.postgres, [tried]);
  const author = { tenantId, tokenId: 1, scopes: ['*'], rateLimitPerMinute: 60, requestId: randomUUID() };
  let erasing: Promise<number[]> | undefined;
  await outbox.postgres.transaction(
    async (sql) => {
      await countActions(sql, [tried]);
      erasing = patient.transaction((other) => eraseContacts(other, outbox.hashes, author, contactIds));
      await someoneWaits(outbox);
      await retireMessages(sql, [{ tenantId, messageId }]);
    },
    { lockTimeoutMs: 500 },
  );
  expect(contactIds).toHaveLength(1);
  expect(await erasing).toEqual(contactIds);
});
