/** An interactive exchange, from outside: the customer is asked, taps a button, and the tap stands in the chat. */
import { setTimeout as delay } from 'node:timers/promises';
import { answerOf, CUSTOMER } from './main-job.mjs';
import { LaunchError, say } from './say.mjs';

const QUESTION = 'When may we come, @{contact_first_name}?';
const BUTTONS = [
  { id: 'morning', title: 'In the morning' },
  { id: 'evening', title: 'In the evening' },
];
const TAPPED = BUTTONS[1];
const WITHIN_MS = 30_000;
const POLL_MS = 50;

/**
 * Sends a question with buttons, taps one on the sandbox's phone, and shows what the business reads in the chat.
 * Throws when one of these does not happen within half a minute.
 */
export async function showExchange(connection) {
  const asked = await ask(connection);
  say(`Asking her: "${asked.message}" [${BUTTONS.map(({ title }) => title).join('] [')}] (${asked.message_id})`);
  const wamid = await tap(connection, asked.message_id);
  say(`She taps [${TAPPED.title}] (${wamid})`);
  const reply = await inChat(connection, asked.chat_id, wamid);
  say(`  GET /chats/${asked.chat_id}/messages: ${reply.direction} "${reply.message}", chat_message_id ${reply.id}`);
}

/** Answers the message as it was sent: WhatsApp has it, or had better have it soon. */
async function ask({ api_url, token }) {
  const headers = { ...bearer(token), 'content-type': 'application/json', Prefer: 'wait=30' };
  const question = { phone: CUSTOMER.phone, type: 'button', body_text: QUESTION, buttons: BUTTONS };
  const response = await fetch(`${api_url}/api/v2/messages/interactive`, {
    method: 'POST',
    headers,
    body: JSON.stringify(question),
  });
  const { data } = await answerOf(response);
  if (data.status !== 'sent') throw new LaunchError(`The question is not sent within 30 s: it is ${data.status}.`);
  const stored = await fetch(`${api_url}/api/v2/messages/${data.chat_message_id}`, { headers: bearer(token) });
  return { ...data, message: (await answerOf(stored)).data.message };
}

/** What the sandbox's page does when somebody taps there. */
async function tap({ sandbox_url, phone_number_id }, askedWamid) {
  const inbound = await fetch(`${sandbox_url}/control/phone_numbers/${phone_number_id}/inbound`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: CUSTOMER.phone,
      type: 'interactive',
      interactive: { type: 'button_reply', button_reply: TAPPED },
      context_message_id: askedWamid,
    }),
  });
  return (await answerOf(inbound)).message_id;
}

/** The chat's message with this wamid, as soon as it is there. */
async function inChat({ api_url, token }, chatId, wamid) {
  const until = performance.now() + WITHIN_MS;
  for (;;) {
    const { data } = await answerOf(
      await fetch(`${api_url}/api/v2/chats/${chatId}/messages`, { headers: bearer(token) }),
    );
    const found = data.find(({ message_id }) => message_id === wamid);
    if (found) return found;
    if (performance.now() > until) throw new LaunchError('The tap did not arrive in the chat within 30 s.');
    await delay(POLL_MS);
  }
}

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
