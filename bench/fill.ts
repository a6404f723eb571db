import type { BenchInstallation } from './installation.js';
import { load } from './load.js';
import { FORM_HEADERS, jpegOf, mediaForm } from './multipart.js';

/** Rows of one statement: each stays far below the time a statement may take. */
const CHUNK = 50_000;

/*
 * As many people as messages, each with a chat of their own: a message then waits for no other of its lane. All refer
 * to one media link, as a campaign's picture is one file.
 */
const FILL = `
WITH model AS (
  SELECT tenant_id, number_id, media_link_id FROM messages WHERE media_link_id IS NOT NULL ORDER BY id LIMIT 1),
person AS (
  INSERT INTO contacts (tenant_id, firstname, type, phone)
  SELECT tenant_id, 'Mona', 'lead', (202000000000 + n)::text FROM model, generate_series($1::bigint, $2::bigint) n
  RETURNING id, tenant_id, phone),
chat AS (
  INSERT INTO chats (tenant_id, number_id, contact_id)
  SELECT p.tenant_id, model.number_id, p.id FROM person p, model RETURNING id, contact_id)
INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, phone, media_link_id,
                      generation, next_at, expires_at)
SELECT p.tenant_id, model.number_id, chat.id, p.id, 'outbound', 'image', 'queued', p.phone, model.media_link_id, 1,
       now(), now() + interval '1 day'
  FROM person p JOIN chat ON chat.contact_id = p.id CROSS JOIN model`;

/**
 * Queues `count` messages by SQL, as the outbound path would leave them behind a backlog. Needs the running API (the
 * picture goes through it, as a message that is cancelled then) and no worker, or a hold.
 */
export async function fillBacklog(platform: BenchInstallation, count: number): Promise<void> {
  const photo = await jpegOf(2048);
  const { failures } = await load(
    {
      url: `${platform.apiUrl}/api/v2/messages/media`,
      headers: { ...FORM_HEADERS, prefer: 'respond-async', authorization: `Bearer ${platform.token}` },
      body: mediaForm({ phone: '201000000001', media_type: 'image' }, photo, 'photo.jpg', 'image/jpeg'),
    },
    1,
    60,
    1,
  );
  if (Object.keys(failures).length > 0) throw new Error(`the picture was not accepted: ${JSON.stringify(failures)}`);
  await platform.cancelQueued();
  for (let from = 1; from <= count; from += CHUNK) {
    await platform.database.query(FILL, [from, Math.min(count, from + CHUNK - 1)]);
  }
  // What is measured next shall not run beside the vacuum that this calls for, nor wait for the disk to take it in.
  await platform.database.query('VACUUM (ANALYZE) contacts, chats, messages');
  await platform.database.query('CHECKPOINT');
}

const PEOPLE = `
WITH sender AS (SELECT tenant_id, id FROM phone_numbers WHERE phone_number_id = $1),
person AS (
  INSERT INTO contacts (tenant_id, firstname, type, phone)
  SELECT s.tenant_id, 'Mona', 'lead', u.phone FROM sender s, unnest($2::text[]) AS u (phone)
  RETURNING id, tenant_id)
INSERT INTO chats (tenant_id, number_id, contact_id, conversation_expires_at)
SELECT p.tenant_id, s.id, p.id, now() + interval '1 day' FROM person p, sender s`;

/** People the bench's number is in conversation with, so that a load finds contact and chat there. */
export async function fillPeople(platform: BenchInstallation, phones: readonly string[]): Promise<void> {
  await platform.database.query(PEOPLE, [platform.phoneNumberId, phones]);
  await platform.database.query('ANALYZE contacts, chats');
}
