import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { OutboxRow } from '../dispatch/outbox-row.js';
import { Facts, UnreadableFactsError } from './facts.js';
import type { MessageSurroundings } from './records.js';
import { requestsOf } from './requests.js';

/** What an event tells of a record that a resource belongs to. */
export interface NamedReference {
  readonly id: number;
  readonly name: string;
}

type Kind = 'source' | 'status' | 'staff' | 'group' | 'contact';

/** The tenant, as events name it. */
export interface EventTenant {
  readonly id: number;
  readonly name: string;
  readonly domain: string;
}

interface NamedRecord extends NamedReference {
  kind: Kind;
  tenant_id: number;
}

interface MessageRecord extends MessageSurroundings {
  id: number;
  tenant_id: number;
}

/* Primary keys. */
const NAMED = `
WITH wanted AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::int[], $3::int[]) AS w (kind, tenant_id, id))
SELECT w.kind, w.tenant_id, w.id, r.name FROM wanted w JOIN sources r USING (tenant_id, id) WHERE w.kind = 'source'
UNION ALL
SELECT w.kind, w.tenant_id, w.id, r.name FROM wanted w JOIN statuses r USING (tenant_id, id) WHERE w.kind = 'status'
UNION ALL
SELECT w.kind, w.tenant_id, w.id, r.name FROM wanted w JOIN staff r USING (tenant_id, id) WHERE w.kind = 'staff'
UNION ALL
SELECT w.kind, w.tenant_id, w.id, r.name FROM wanted w JOIN groups r USING (tenant_id, id) WHERE w.kind = 'group'
UNION ALL
SELECT w.kind, w.tenant_id, w.id, trim(r.firstname || ' ' || r.lastname)
  FROM wanted w JOIN contacts r USING (tenant_id, id) WHERE w.kind = 'contact'`;

/* Primary keys; as `GET /messages` reads them. A number or chat that is gone takes its messages along. */
const MESSAGES = `
SELECT w.id, w.tenant_id, n.phone_number_id, n.display_phone_number, n.paused_at IS NOT NULL AS paused, n.paused_reason,
       l.public_id, l.filename, l.signed, f.mime_type, f.size_bytes,
       i.next_at IS NOT NULL AS fetching, i.failure, i.filename AS ordered_filename,
       CASE WHEN h.service_window_expires_at > now() THEN h.service_window_expires_at END AS service_window_expires_at
  FROM unnest($1::int[], $2::bigint[], $3::int[], $4::int[], $5::bigint[]) AS w (tenant_id, id, number_id, chat_id, link_id)
  JOIN phone_numbers n ON n.id = w.number_id AND n.tenant_id = w.tenant_id
  JOIN chats h ON h.id = w.chat_id AND h.tenant_id = w.tenant_id
  LEFT JOIN inbound_media i ON i.message_id = w.id AND i.tenant_id = w.tenant_id
  LEFT JOIN media_links l ON l.id = w.link_id AND l.tenant_id = w.tenant_id
                         AND (l.expires_at IS NULL OR l.expires_at > now())
  LEFT JOIN media_files f ON f.id = l.media_file_id`;

const TENANTS = 'SELECT id, name, subdomain AS domain FROM tenants WHERE id = ANY ($1::int[])';

/** What events show beside the row that changed, read for many of them at once. */
export class Surroundings {
  private readonly names = new Map<string, NamedReference>();
  private readonly messages = new Map<string, MessageSurroundings>();
  private readonly tenants = new Map<number, EventTenant>();
  private requests: ReadonlyMap<number, string> = new Map();

  private constructor() {}

  /** Reads what these rows need, as it is now. Rows that cannot be read are passed over. */
  static async of(sql: SqlRunner, rows: readonly OutboxRow[]): Promise<Surroundings> {
    const around = new Surroundings();
    const wanted = new Wanted();
    for (const row of rows) wanted.add(row);
    await around.readTenants(sql, [...new Set(rows.map(({ tenantId }) => tenantId))]);
    await around.readNames(sql, wanted);
    await around.readMessages(sql, wanted);
    around.requests = await requestsOf(sql, rows);
    return around;
  }

  /** Undefined: there is no such tenant any more. */
  tenant(id: number): EventTenant | undefined {
    return this.tenants.get(id);
  }

  /** Null: the tenant has no such record any more. */
  named(kind: Kind, tenantId: number, id: number): NamedReference | null {
    return this.names.get(keyOf(kind, tenantId, id)) ?? null;
  }

  /** @throws UnreadableFactsError when its number or chat is gone */
  ofMessage(tenantId: number, id: number): MessageSurroundings {
    const found = this.messages.get(keyOf('message', tenantId, id));
    if (!found) throw new UnreadableFactsError('the number or the chat of the message is not there');
    return found;
  }

  /** The request that made the change of this row; null when none did. */
  request({ id, requestId }: OutboxRow): string | null {
    return requestId ?? this.requests.get(id) ?? null;
  }

  private async readTenants(sql: SqlRunner, ids: readonly number[]): Promise<void> {
    const rows = await sql.query<EventTenant>('events_tenants', TENANTS, [ids]);
    for (const tenant of rows) this.tenants.set(tenant.id, tenant);
  }

  private async readNames(sql: SqlRunner, { names }: Wanted): Promise<void> {
    if (names.size === 0) return;
    const wanted = [...names.values()];
    const rows = await sql.query<NamedRecord>('events_names', NAMED, [
      wanted.map(({ kind }) => kind),
      wanted.map(({ tenantId }) => tenantId),
      wanted.map(({ id }) => id),
    ]);
    for (const { kind, tenant_id, id, name } of rows) this.names.set(keyOf(kind, tenant_id, id), { id, name });
  }

  private async readMessages(sql: SqlRunner, { messages }: Wanted): Promise<void> {
    if (messages.size === 0) return;
    const wanted = [...messages.values()];
    const rows = await sql.query<MessageRecord>('events_messages', MESSAGES, [
      wanted.map(({ tenantId }) => tenantId),
      wanted.map(({ id }) => id),
      wanted.map(({ numberId }) => numberId),
      wanted.map(({ chatId }) => chatId),
      wanted.map(({ linkId }) => linkId),
    ]);
    for (const { id, tenant_id, ...surroundings } of rows)
      this.messages.set(keyOf('message', tenant_id, id), surroundings);
  }
}

const keyOf = (kind: Kind | 'message', tenantId: number, id: number): string => `${kind} ${tenantId} ${id}`;

/** The largest id of the tables whose names are shown. */
const MAX_INT4 = 2_147_483_647;

/** What is to be looked up, each once. */
class Wanted {
  readonly names = new Map<string, { kind: Kind; tenantId: number; id: number }>();
  readonly messages = new Map<
    string,
    { tenantId: number; id: number; numberId: number; chatId: number; linkId: number | null }
  >();

  add(row: OutboxRow): void {
    try {
      if (row.type.startsWith('contact.')) this.addContact(row);
      if (row.type.startsWith('message.')) this.addMessage(row);
    } catch (error) {
      // It is told of when the row is rendered.
      if (!(error instanceof UnreadableFactsError)) throw error;
    }
  }

  private addContact({ tenantId, previous, current }: OutboxRow): void {
    const facts = new Facts(current ?? previous);
    this.name('source', tenantId, facts.integerOrNull('source_id'));
    this.name('status', tenantId, facts.integerOrNull('status_id'));
    this.name('staff', tenantId, facts.integerOrNull('assigned_id'));
    for (const id of facts.integers('group_id')) this.name('group', tenantId, id);
  }

  private addMessage({ tenantId, previous, current }: OutboxRow): void {
    const facts = new Facts(current ?? previous);
    const id = facts.integer('id');
    const numberId = facts.integer('number_id');
    const chatId = facts.integer('chat_id');
    if (numberId > MAX_INT4 || chatId > MAX_INT4) throw new UnreadableFactsError('an id is too large');
    this.name('contact', tenantId, facts.integerOrNull('contact_id'));
    this.messages.set(keyOf('message', tenantId, id), {
      tenantId,
      id,
      numberId,
      chatId,
      linkId: facts.integerOrNull('media_link_id'),
    });
  }

  private name(kind: Kind, tenantId: number, id: number | null): void {
    if (id !== null && id <= MAX_INT4) this.names.set(keyOf(kind, tenantId, id), { kind, tenantId, id });
  }
}
