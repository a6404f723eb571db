/** The platform's main job, done once from outside: a customer writes, gets a picture, and the blue ticks come back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './checkout.mjs';
import { LaunchError, say } from './say.mjs';

const PICTURE = 'dev/assets/demo.jpg';
export const CUSTOMER = { phone: '201001234567', name: 'Mona Ali' };
const CAPTION = 'Your order is on its way, @{contact_first_name}!';
const READ_WITHIN_MS = 60_000;
const POLL_MS = 50;

/**
 * Does it and shows it. Answers `{curl}`, a command that sends the picture again.
 * Throws when the message was not read within a minute.
 */
export async function doMainJob({ api_url, sandbox_url, token, phone_number_id }) {
  await writeAsCustomer(sandbox_url, phone_number_id);
  const began = performance.now();
  const accepted = await upload(api_url, token);
  report(
    began,
    accepted.status,
    accepted,
    `chat_message_id ${accepted.chat_message_id}, contact_id ${accepted.contact_id}`,
  );
  await follow(began, `${api_url}/api/v2/messages/${accepted.chat_message_id}`, token);
  return { curl: curlLine(api_url, token) };
}

/** Opens the 24-hour service window, in which a business may send pictures without a template. */
async function writeAsCustomer(sandboxUrl, phoneNumberId) {
  const text = 'Hello! Where is my order?';
  const inbound = await answerOf(
    await fetch(`${sandboxUrl}/control/phone_numbers/${phoneNumberId}/inbound`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: CUSTOMER.phone, profile_name: CUSTOMER.name, type: 'text', text }),
    }),
  );
  say(`${CUSTOMER.name} (+${CUSTOMER.phone}) writes: "${text}" (${inbound.message_id})`);
  const query = new URLSearchParams({ kind: 'webhook_delivered', wamid: inbound.message_id, timeout_ms: '20000' });
  await answerOf(await fetch(`${sandboxUrl}/control/wait?${query}`));
}

async function upload(apiUrl, token) {
  const picture = readFileSync(join(root, PICTURE));
  say(`Uploading ${PICTURE} (${Math.round(picture.length / 1024)} KB) for her: POST ${apiUrl}/api/v2/messages/media`);
  const form = new FormData();
  form.set('phone', CUSTOMER.phone);
  form.set('media_type', 'image');
  form.set('caption', CAPTION);
  form.set('contact[firstname]', CUSTOMER.name.split(' ')[0]);
  form.set('media_file', new Blob([picture], { type: 'image/jpeg' }), 'demo.jpg');
  const headers = { Authorization: `Bearer ${token}`, Prefer: 'respond-async' };
  const { data } = await answerOf(
    await fetch(`${apiUrl}/api/v2/messages/media`, { method: 'POST', headers, body: form }),
  );
  return data;
}

/** Shows every state once, also one that came and went between two looks: its time stays in the answer. */
async function follow(began, url, token) {
  const seen = new Set(['queued']);
  const headers = { Authorization: `Bearer ${token}` };
  for (;;) {
    const { data } = await answerOf(await fetch(url, { headers }));
    for (const status of reached(data)) {
      if (seen.has(status)) continue;
      seen.add(status);
      report(began, status, data, status === 'sent' ? data.message_id : '');
    }
    if (data.status === 'read') return;
    if (['failed', 'cancelled', 'expired'].includes(data.status)) {
      throw new LaunchError(`The message ended as ${data.status}: ${JSON.stringify(data.error)}`);
    }
    if (performance.now() - began > READ_WITHIN_MS) {
      throw new LaunchError(`The message was not read within 60 s: it is ${data.status}.`);
    }
    await delay(POLL_MS);
  }
}

/** The message's state, and before it those on the way to `read` that it has a time for. */
function reached(message) {
  const way = ['sent', 'delivered', 'read'];
  const before = way.slice(0, Math.max(way.indexOf(message.status), 0));
  return [...before.filter((status) => message[`${status}_at`]), message.status];
}

function report(began, status, data, detail) {
  const after = `+${((performance.now() - began) / 1000).toFixed(2)} s`;
  say(
    `  ${status.padEnd(10)} ${after.padEnd(8)} ${data[`${status}_at`] ?? data.created_at ?? ''}  ${detail}`.trimEnd(),
  );
}

/** The body of an answer that is a success; else an error that shows it. */
export async function answerOf(response) {
  const text = await response.text();
  if (!response.ok) throw new LaunchError(`${response.url.replace(/\?.*/, '')} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

function curlLine(apiUrl, token) {
  return [
    `curl -sS ${apiUrl}/api/v2/messages/media`,
    `-H 'Authorization: Bearer ${token}'`,
    `-F phone=${CUSTOMER.phone} -F media_type=image -F 'caption=${CAPTION}' -F media_file=@${PICTURE}`,
  ].join(' \\\n  ');
}
