import { randomBytes, randomInt } from 'node:crypto';
import { CodeHashes } from '../../src/otp/code-hashes.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { newWebhookSecret, WEBHOOK_SECRET_CONTEXT } from '../../src/webhooks/endpoints/endpoint-secrets.js';
import { baseEnvironment } from '../support/environment.js';
import type { TestTenant } from '../support/tenant.js';

/** One record of every kind that a tenant can have, all with the same id. */
export interface Records {
  /** Id of each of them, and `template_id` of the template; of nobody else's record. */
  id: number;
  /** Stands in every text of theirs. */
  marker: string;
  phone: string;
  wamid: string;
  templateName: string;
  /** Of the template that brings one-time codes. */
  codeTemplateName: string;
}

/** The one-time code that the documented example verifies. */
const CODE = { phone: '201000000000', purpose: 'login', id: '5b1f2a9e-5a0c-4c3e-9d53-3f6c0f6f8a11', code: '483927' };

/**
 * `in-use`: a contact with source, status, assignee and group, and a message that was read. `idle`: the same records,
 * but the contact has opted out and none of the others, the message is scheduled, and what a store delivered has failed. Every call can do its work on
 * one of them.
 */
export type State = 'in-use' | 'idle';

const CONTACT = `INSERT INTO contacts (id, tenant_id, firstname, lastname, company, type, email, phone, profile_name,
                                       description, status_id, source_id, assigned_id, group_id, is_opted_out, opted_out_at)`;
const MESSAGE = `INSERT INTO messages (id, tenant_id, number_id, chat_id, contact_id, direction, type, phone, body, media_link_id,
                                       status, wamid, sent_at, read_at, send_at, due_at, next_at, expires_at)`;

const IN_STATE = {
  'in-use': {
    contact: `${CONTACT}
   VALUES ($1, $2, $3, $3, $3, 'lead', $3 || '@example.com', $4, $3, $3, $1, $1, $1, ARRAY[$1::int], false, NULL)`,
    message: `${MESSAGE}
   SELECT $1, $2, id, $1, $1, 'outbound', 'image', $4, $3, $1, 'read', $5, now(), now(), NULL, now(), NULL, NULL
     FROM phone_numbers WHERE tenant_id = $2`,
    payload: 'sent',
  },
  idle: {
    contact: `${CONTACT}
   SELECT $1, $2, $3, $3, $3, 'lead', $3 || '@example.com', $4, $3, $3, default_status_id, default_source_id, NULL, '{}', true, now()
     FROM tenants WHERE id = $2`,
    message: `${MESSAGE}
   SELECT $1, $2, id, $1, $1, 'outbound', 'image', $4, $3, $1, 'queued', NULL, NULL, NULL, t.later, t.later, t.later,
          t.later + interval '1 hour'
     FROM phone_numbers, (SELECT now() + interval '1 day' AS later) t WHERE tenant_id = $2`,
    payload: 'failed',
  },
} as const satisfies Record<State, Record<'contact' | 'message' | 'payload', string>>;

/*
 * A new kind of record has its row here. The tests fail until then: a route that reads it finds nothing of the tenant's
 * own either, and one that changes it has nothing to change.
 */
const rowsIn = (state: State) => [
  // The documented example of a status has the same name.
  `UPDATE statuses SET name = 'Of new contacts' WHERE tenant_id = $2 AND name = 'New'`,
  `INSERT INTO sources (id, tenant_id, name) VALUES ($1, $2, $3)`,
  `INSERT INTO statuses (id, tenant_id, name, color) VALUES ($1, $2, $3, '#112233')`,
  `INSERT INTO groups (id, tenant_id, name) VALUES ($1, $2, $3)`,
  `INSERT INTO staff (id, tenant_id, name, email) VALUES ($1, $2, $3, $3 || '@example.com')`,
  `INSERT INTO templates (id, tenant_id, account_id, template_id, name, language, category, status, components)
   SELECT $1, $2, account_id, $1::text, $6, 'en_US', 'UTILITY', 'APPROVED', jsonb_build_array(jsonb_build_object('type', 'BODY', 'text', $3::text))
     FROM phone_numbers WHERE tenant_id = $2`,
  `INSERT INTO templates (id, tenant_id, account_id, template_id, name, language, category, status, components)
   SELECT $1::bigint + 1, $2, account_id, $1::text || '1', $7, 'en_US', 'AUTHENTICATION', 'APPROVED',
          jsonb_build_array(jsonb_build_object('type', 'BODY', 'text', '{{1}} ' || $3))
     FROM phone_numbers WHERE tenant_id = $2`,
  `INSERT INTO one_time_codes (tenant_id, phone, purpose, code_id, code_hash, max_attempts, message_id, expires_at)
   VALUES ($2, '${CODE.phone}', '${CODE.purpose}', '${CODE.id}', $8, 5, $1, now() + interval '1 hour')`,
  IN_STATE[state].contact,
  `INSERT INTO contact_imports (id, tenant_id, encoding, delimiter, source_id, status_id, status, next_at)
   VALUES ($1, $2, 'utf-8', ',', $1, $1, 'completed', NULL)`,
  `INSERT INTO contact_import_errors (import_id, tenant_id, row_number, position, line, code, field, message)
   VALUES ($1, $2, 1, 0, 2, 'VALIDATION_ERROR', 'phone', $3)`,
  // Of nothing that happens in the tests; disabled, so that the workers leave it as it is.
  `INSERT INTO webhooks (id, tenant_id, url, events, secret_encrypted, enabled)
   VALUES ($1, $2, 'http://127.0.0.1:9/' || $3, '{webhook.*}', decode($9, 'hex'), false)`,
  `INSERT INTO events (id, created_at, tenant_id, event_id, type, resource_id, occurred_at, payload)
   VALUES ($1, '2026-06-01', $2, 'evt_1_' || $3, 'contact.created', $1, '2026-06-01', jsonb_build_object('event', $3)::text)`,
  `INSERT INTO webhook_deliveries (id, tenant_id, webhook_id, event_created_at, event_id, resource, status, next_at)
   VALUES ($1, $2, $1, '2026-06-01', $1, 'contact:' || $1::int, 'dead', NULL)`,
  `INSERT INTO chats (id, tenant_id, number_id, contact_id, unread_count)
   SELECT $1, $2, id, $1, 1 FROM phone_numbers WHERE tenant_id = $2`,
  `INSERT INTO media_files (id, tenant_id, sha256, size_bytes, mime_type, storage_key)
   VALUES ($1, $2, sha256(convert_to($3, 'UTF8')), 10, 'image/jpeg', $3)`,
  `INSERT INTO media_links (id, tenant_id, media_file_id, public_id, filename) VALUES ($1, $2, $1, $3, $3 || '.jpg')`,
  IN_STATE[state].message,
  `INSERT INTO store_listeners (id, tenant_id, key, kind, name, template_name, language, mapping)
   VALUES ($1, $2, $3, 'generic', $3, $3, 'en_US', json_build_object('phone', '$.phone', 'field_1', $3))`,
  `INSERT INTO store_payloads (id, tenant_id, listener_id, request_id, topic, delivery_id, body, size_bytes, status, phone,
                               message_id, contact_id, next_at, settled_at)
   VALUES ($1, $2, $1, gen_random_uuid(), $3, $3, convert_to('{"a":"' || $3 || '"}', 'UTF8'), 20,
           '${IN_STATE[state].payload}', $4, $1, $1, NULL, now())`,
  `INSERT INTO store_sent_once (listener_id, once_hash, tenant_id, payload_id)
   VALUES ($1, sha256(convert_to($3, 'UTF8')), $2, $1)`,
  `INSERT INTO messages (id, tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, body, wamid)
   SELECT $1::bigint + 1, $2, id, $1, $1, 'inbound', 'text', 'received', $4, $3, $5 || 'in'
     FROM phone_numbers WHERE tenant_id = $2`,
];

/** Gives the tenant one record of every kind. */
export async function giveRecords(tenant: TestTenant, state: State = 'in-use'): Promise<Records> {
  const marker = `mark${randomBytes(6).toString('hex')}`;
  // Far from what the database gives out, so that no other tenant has such an id.
  const id = 1_000_000_000 + 2 * randomInt(500_000_000);
  const phone = `2010${randomInt(10_000_000, 99_999_999)}`;
  const wamid = `wamid.${marker}`;
  // What a caller names comes back to it in the refusal, so it is no marker.
  const templateName = `template_${randomBytes(6).toString('hex')}`;
  const codeTemplateName = `code_${randomBytes(6).toString('hex')}`;
  const encryption = new Encryption(readSettings(baseEnvironment()));
  const hashes = new CodeHashes(encryption);
  const secret = encryption.encrypt(newWebhookSecret(), WEBHOOK_SECRET_CONTEXT).toString('hex');
  const codeHash = hashes.of({ tenantId: tenant.id, ...CODE }, CODE.code);
  for (const row of rowsIn(state)) {
    const values = [id, tenant.id, marker, phone, wamid, templateName, codeTemplateName, codeHash, secret];
    const used = [...new Set([...row.matchAll(/\$(\d)/g)].map(([, number]) => Number(number)))].sort();
    const renumbered = typed(row).replaceAll(/\$(\d)/g, (_, number) => `$${used.indexOf(Number(number)) + 1}`);
    await tenant.rows(
      renumbered,
      used.map((number) => values[number - 1]),
    );
  }
  return { id, marker, phone, wamid, templateName, codeTemplateName };
}

/** Parameters with the types of the values; one that is an id here and a text there has no other. */
const typed = (row: string): string =>
  row.replaceAll(/\$(\d)/g, (parameter, number) => `${parameter}::${Number(number) <= 2 ? 'int' : 'text'}`);

/** Everything that is stored of the tenant, by table, as text. */
export async function everythingOf(tenant: TestTenant): Promise<Record<string, string[]>> {
  const tables = await tenant.rows<{ name: string; key: string }>(
    `SELECT c.relname AS name, a.attname AS key
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND (a.attname = 'tenant_id' OR (c.relname = 'tenants' AND a.attname = 'id'))
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      ORDER BY 1`,
  );
  const everything: Record<string, string[]> = {};
  for (const { name, key } of tables) {
    const rows = await tenant.rows<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM ${name} t WHERE ${key} = $1 ORDER BY 1`,
      [tenant.id],
    );
    everything[name] = rows.map(({ row }) => row);
  }
  return everything;
}
