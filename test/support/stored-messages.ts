import type { TestTenant } from './tenant.js';

export interface StoredMessage {
  chatId: number;
  contactId: number;
  body?: string | null;
  type?: string;
  status?: string;
  direction?: 'inbound' | 'outbound';
  createdAt?: Date;
  wamid?: string;
}

/** A chat of the tenant's number with a contact of its own. */
export async function insertChat(
  tenant: TestTenant,
  contact: { phone: string; firstname?: string },
): Promise<{ chatId: number; contactId: number }> {
  const contactId = await tenant.insertContact(contact);
  const [chat] = await tenant.rows<{ id: number }>(
    'INSERT INTO chats (tenant_id, number_id, contact_id) VALUES ($1, $2, $3) RETURNING id',
    [tenant.id, tenant.numberId, contactId],
  );
  return { chatId: chat?.id ?? 0, contactId };
}

/** Stores a message that nobody sends; answers its id. */
export async function insertMessage(tenant: TestTenant, message: StoredMessage): Promise<number> {
  const direction = message.direction ?? 'outbound';
  const [row] = await tenant.rows<{ id: number }>(
    `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body, wamid, created_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, c.phone, $8, $9, coalesce($10, now()) FROM contacts c WHERE c.id = $4
     RETURNING id::int`,
    [
      tenant.id,
      tenant.numberId,
      message.chatId,
      message.contactId,
      direction,
      message.type ?? 'text',
      message.status ?? (direction === 'inbound' ? 'received' : 'sent'),
      message.body ?? null,
      message.wamid ?? null,
      message.createdAt ?? null,
    ],
  );
  return row?.id ?? 0;
}
