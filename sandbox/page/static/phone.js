/* global clearTimeout, CSS, document, EventSource, fetch, innerWidth, location, setTimeout, URLSearchParams */
import { clockTime, drawBubble, element, summaryOf } from './bubble-view.js';

const find = (id) => document.getElementById(id);
const state = {
  number: null,
  /** user id → {user_id, wa_id, name, last} */
  conversations: new Map(),
  open: null,
  /** wamid → bubble, of the open conversation */
  bubbles: new Map(),
  stream: null,
};

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function notice(text) {
  const place = find('notice');
  place.textContent = text;
  place.hidden = false;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => (place.hidden = true), 4000);
}

/** Runs an action of the user and says so when it fails. */
function attempt(action) {
  action().catch((error) => notice(error.message));
}

async function start() {
  const { data } = await call('GET', '/page/numbers');
  const select = find('number');
  for (const number of data) {
    const option = element('option', '', `${number.verified_name} (${number.display_phone_number})`);
    option.value = number.phone_number_id;
    select.append(option);
  }
  select.addEventListener('change', () => attempt(() => openNumber(select.value)));
  const wanted = new URLSearchParams(location.search).get('phone_number_id');
  const busiest = data.reduce((best, one) => (one.messages > best.messages ? one : best), data[0]);
  select.value = data.some((one) => one.phone_number_id === wanted) ? wanted : busiest.phone_number_id;
  await openNumber(select.value);
}

async function openNumber(id) {
  state.number = id;
  state.open = null;
  state.stream?.close();
  find('phone').dataset.view = 'list';
  const stream = new EventSource(`/page/${id}/events`);
  state.stream = stream;
  stream.addEventListener('bubble', (event) => show(JSON.parse(event.data)));
  stream.addEventListener('reload', () => attempt(reload));
  // Whatever happened while the stream was away is loaded when it is back.
  stream.addEventListener('open', () => attempt(reload));
  await reload();
}

async function reload() {
  const number = state.number;
  const { data } = await call('GET', `/page/${number}/conversations`);
  if (number !== state.number) return;
  state.conversations = new Map(data.map((conversation) => [conversation.user_id, conversation]));
  drawConversations();
  const first = data[0];
  const open = state.open ?? (innerWidth > 720 ? first?.user_id : undefined);
  if (open !== undefined) await openConversation(open, false);
  else drawChatHead();
}

async function openConversation(userId, byHand = true) {
  state.open = userId;
  if (byHand) find('phone').dataset.view = 'chat';
  const { data } = await call('GET', `/page/${state.number}/conversations/${encodeURIComponent(userId)}`);
  if (state.open !== userId) return;
  state.bubbles = new Map(data.map((bubble) => [bubble.wamid, bubble]));
  drawConversations();
  drawChatHead();
  find('bubbles').replaceChildren();
  for (const bubble of data) placeBubble(bubble);
  scrollDown();
}

/** A bubble that is new or changed. */
function show(bubble) {
  const known = state.conversations.get(bubble.conversation);
  const waId = known?.wa_id ?? null;
  if (!known || known.last.at <= bubble.at) {
    const conversation = { user_id: bubble.conversation, wa_id: waId, name: bubble.name, last: bubble };
    state.conversations.delete(bubble.conversation);
    state.conversations = new Map([[bubble.conversation, conversation], ...state.conversations]);
  }
  if (!known) {
    attempt(reload);
    return;
  }
  drawConversations();
  if (bubble.conversation !== state.open) return;
  const follow = nearEnd() || bubble.direction === 'in';
  state.bubbles.set(bubble.wamid, bubble);
  placeBubble(bubble);
  if (follow) scrollDown();
}

function placeBubble(bubble) {
  const list = find('bubbles');
  if (bubble.reaction_to) {
    const target = list.querySelector(`[data-wamid="${CSS.escape(bubble.reaction_to)}"]`);
    target?.querySelector('.reaction')?.remove();
    if (bubble.text) target?.append(element('span', 'reaction', bubble.text));
    return;
  }
  const quoted = bubble.quoted ? state.bubbles.get(bubble.quoted) : undefined;
  const drawn = drawBubble(bubble, quoted ? summaryOf(quoted) : null, { reply, choose, copied: notice });
  const old = list.querySelector(`[data-wamid="${CSS.escape(bubble.wamid)}"]`);
  if (!old) {
    list.append(drawn);
    return;
  }
  const reaction = old.querySelector('.reaction');
  const picture = old.querySelector('img');
  const newPicture = drawn.querySelector('img');
  // The loaded picture stays, so that a status change does not make it flicker.
  if (picture && newPicture && picture.src === newPicture.src) newPicture.replaceWith(picture);
  if (reaction) drawn.append(reaction);
  // A list that the customer looks at stays open when the ticks change.
  if (old.querySelector('details[open]')) drawn.querySelector('details').open = true;
  old.replaceWith(drawn);
}

function drawConversations() {
  find('no-conversations').hidden = state.conversations.size > 0;
  const items = [...state.conversations.values()].map((conversation) => {
    const button = element('button');
    button.type = 'button';
    button.dataset.user = conversation.user_id;
    button.setAttribute('aria-current', String(conversation.user_id === state.open));
    const titles = element('span', 'titles');
    titles.append(element('strong', '', titleOf(conversation)), element('p', '', summaryOf(conversation.last)));
    button.append(avatarOf(conversation), titles, element('time', 'when', clockTime(conversation.last.at)));
    button.addEventListener('click', () => attempt(() => openConversation(conversation.user_id)));
    const item = element('li');
    item.append(button);
    return item;
  });
  find('conversation-list').replaceChildren(...items);
}

function drawChatHead() {
  const conversation = state.conversations.get(state.open);
  find('writer').hidden = !conversation;
  find('chat-avatar').hidden = !conversation;
  find('chat-title').textContent = conversation ? titleOf(conversation) : '';
  find('chat-subtitle').textContent = conversation
    ? `${conversation.wa_id ? `+${conversation.wa_id} · ` : ''}${conversation.user_id}`
    : '';
  if (conversation) find('chat-avatar').textContent = initialOf(conversation);
  else find('bubbles').replaceChildren();
}

function titleOf(conversation) {
  return conversation.name ?? (conversation.wa_id ? `+${conversation.wa_id}` : conversation.user_id);
}

function initialOf(conversation) {
  return conversation.name ? [...conversation.name][0].toUpperCase() : '☺';
}

function avatarOf(conversation) {
  const avatar = element('span', 'avatar', initialOf(conversation));
  avatar.setAttribute('aria-hidden', 'true');
  return avatar;
}

function sender() {
  const conversation = state.conversations.get(state.open);
  return conversation.wa_id ? { from: conversation.wa_id } : { from_user_id: conversation.user_id };
}

function write(message) {
  return call('POST', `/control/phone_numbers/${state.number}/inbound`, message);
}

/** The customer taps an answer: a template's quick reply, or a button of an interactive message. */
function reply(bubble, button) {
  const context = { context_message_id: bubble.wamid };
  if (bubble.type === 'template') {
    const tapped = { payload: button.value, text: button.text };
    attempt(() => write({ ...sender(), ...context, type: 'button', button: tapped }));
    return;
  }
  const interactive = { type: 'button_reply', button_reply: { id: button.value, title: button.text } };
  attempt(() => write({ ...sender(), ...context, type: 'interactive', interactive }));
}

/** The customer picks a row of a list. */
function choose(bubble, { id, title, description }) {
  const picked = { id, title, ...(description ? { description } : {}) };
  const interactive = { type: 'list_reply', list_reply: picked };
  attempt(() => write({ ...sender(), context_message_id: bubble.wamid, type: 'interactive', interactive }));
}

function nearEnd() {
  const list = find('bubbles');
  return list.scrollHeight - list.scrollTop - list.clientHeight < 160;
}

function scrollDown() {
  const list = find('bubbles');
  list.scrollTop = list.scrollHeight;
  for (const image of list.querySelectorAll('img')) {
    if (!image.complete) image.addEventListener('load', () => (list.scrollTop = list.scrollHeight), { once: true });
  }
}

find('writer').addEventListener('submit', (event) => {
  event.preventDefault();
  const input = find('writer-text');
  const text = input.value;
  attempt(async () => {
    await write({ ...sender(), type: 'text', text });
    input.value = '';
  });
});
find('back').addEventListener('click', () => (find('phone').dataset.view = 'list'));
find('new-chat').addEventListener('click', () => find('new-chat-dialog').showModal());
find('new-cancel').addEventListener('click', () => find('new-chat-dialog').close());
find('new-chat-form').addEventListener('submit', () => {
  const profile = find('new-name').value ? { profile_name: find('new-name').value } : {};
  const message = { from: find('new-phone').value, ...profile, type: 'text', text: find('new-text').value };
  attempt(async () => {
    const { user_id } = await write(message);
    await reload();
    await openConversation(user_id);
  });
});

attempt(start);
