import type { SqlRunner } from '../../platform/database/postgres.js';
import type { ContactType } from '../dto/contact.dto.js';
import type { IdentityHashes } from '../erase/identity-hashes.js';

/** A contact to be made. */
export interface NewContact {
  readonly tenantId: number;
  /** Digits; null when the person is known by a WhatsApp user id alone. */
  readonly phone: string | null;
  readonly whatsappUserId?: string | null;
  /** As the person calls itself in WhatsApp. */
  readonly profileName?: string | null;
  readonly firstname: string;
  readonly lastname: string;
  /**
   * `by-defaults`: with the tenant's default source, status and assignee, as a lead; as a guest without any when one of
   * them is not set. Then what stands here of the three counts for nothing.
   */
  readonly type: ContactType | 'by-defaults';
  readonly email?: string | null;
  readonly company?: string | null;
  readonly description?: string | null;
  readonly city?: string | null;
  readonly state?: string | null;
  readonly zip?: string | null;
  readonly address?: string | null;
  readonly countryId?: number | null;
  readonly sourceId?: number | null;
  readonly statusId?: number | null;
  readonly assignedId?: number | null;
  readonly groupIds?: readonly number[];
  /** The token and the request that make it, to be noted with it (platform/audit); absent: the caller notes it, or nobody made it. */
  readonly madeBy?: { readonly tokenId: number; readonly requestId: string };
}

/** A contact that was made. */
export interface InsertedContact {
  id: number;
  tenantId: number;
  phone: string | null;
  whatsappUserId: string | null;
}

/*
 * Indexes contacts_tenant_phone, contacts_tenant_email and contacts_tenant_user decide who is first; who comes second
 * waits for the first one's commit and makes nothing. Who had opted out when the contact was deleted is opted out again
 * (primary key of forgotten_opt_outs).
 */
const INSERT = `
WITH i AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS u (ord int, tenant_id int, phone text, user_id text, profile_name text, firstname text, lastname text,
             type text, email text, company text, description text, city text, state text, zip text, address text,
             country_id int, source_id int, status_id int, assigned_id int, group_id int[], hashes text[],
             token_id int, request_id uuid)),
made AS (
INSERT INTO contacts (tenant_id, phone, whatsapp_user_id, profile_name, firstname, lastname, type, email, company,
                      description, city, state, zip, address, country_id, source_id, status_id, assigned_id, group_id,
                      is_opted_out, opted_out_at, opt_changed_at)
SELECT i.tenant_id, i.phone, i.user_id, i.profile_name, i.firstname, i.lastname,
       CASE WHEN i.type <> 'by-defaults' THEN i.type WHEN d.id IS NULL THEN 'guest' ELSE 'lead' END,
       i.email, i.company, i.description, i.city, i.state, i.zip, i.address, i.country_id,
       CASE WHEN i.type = 'by-defaults' THEN d.default_source_id ELSE i.source_id END,
       CASE WHEN i.type = 'by-defaults' THEN d.default_status_id ELSE i.status_id END,
       CASE WHEN i.type = 'by-defaults' THEN d.default_assigned_id ELSE i.assigned_id END,
       i.group_id, o.opted_out_at IS NOT NULL, o.opted_out_at, o.opted_out_at
  FROM i
  LEFT JOIN tenants d ON i.type = 'by-defaults' AND d.id = i.tenant_id AND d.default_source_id IS NOT NULL
                     AND d.default_status_id IS NOT NULL AND d.default_assigned_id IS NOT NULL
  LEFT JOIN LATERAL (
    SELECT f.opted_out_at FROM forgotten_opt_outs f
     WHERE f.tenant_id = i.tenant_id AND f.identity_hash = ANY (i.hashes) ORDER BY f.opted_out_at DESC LIMIT 1) o ON true
 ORDER BY i.ord
ON CONFLICT DO NOTHING
RETURNING id, tenant_id, phone, whatsapp_user_id),
noted AS (
INSERT INTO audit (tenant_id, token_id, request_id, action, subject_ids)
SELECT tenant_id, i.token_id, i.request_id, 'contact.created', ARRAY[made.id]
  FROM made JOIN i USING (tenant_id, phone) WHERE i.token_id IS NOT NULL)
SELECT id, tenant_id AS "tenantId", phone, whatsapp_user_id AS "whatsappUserId" FROM made`;

/**
 * Makes contacts: every contact of the program comes into being by this statement. They are written in the order of
 * tenant and phone, so that two groups seldom wait for each other. One whose phone, e-mail or user id is taken, or gets
 * taken at the same moment, is left out. The caller counts what was made (`src/tenants/plan-places.ts`), as the last
 * thing of its transaction.
 */
export async function insertContacts(
  sql: SqlRunner,
  hashes: IdentityHashes,
  contacts: readonly NewContact[],
): Promise<InsertedContact[]> {
  if (contacts.length === 0) return [];
  const sorted = [...contacts].sort((a, b) => a.tenantId - b.tenantId || compare(keyOf(a), keyOf(b)));
  const records = await Promise.all(
    sorted.map(async (contact, ord) => ({
      ord,
      tenant_id: contact.tenantId,
      phone: contact.phone,
      user_id: contact.whatsappUserId ?? null,
      profile_name: contact.profileName ?? null,
      firstname: contact.firstname,
      lastname: contact.lastname,
      type: contact.type,
      email: contact.email ?? null,
      company: contact.company ?? null,
      description: contact.description ?? null,
      city: contact.city ?? null,
      state: contact.state ?? null,
      zip: contact.zip ?? null,
      address: contact.address ?? null,
      country_id: contact.countryId ?? null,
      source_id: contact.sourceId ?? null,
      status_id: contact.statusId ?? null,
      assigned_id: contact.assignedId ?? null,
      group_id: contact.groupIds ?? [],
      hashes: await hashes.of(contact.tenantId, contact),
      token_id: contact.madeBy?.tokenId ?? null,
      request_id: contact.madeBy?.requestId ?? null,
    })),
  );
  return sql.query<InsertedContact>('contacts_insert', INSERT, [JSON.stringify(records)]);
}

const keyOf = ({ phone, whatsappUserId }: NewContact): string => `${phone ?? ''} ${whatsappUserId ?? ''}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
