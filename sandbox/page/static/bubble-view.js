/* global document, navigator */
import { appendRichText, link } from './rich-text.js';

const SVG = 'http://www.w3.org/2000/svg';
const TICKS = {
  accepted: ['M8.5 1a4.5 4.5 0 1 0 .01 0M8.5 3v3l2 1'],
  sent: ['M4 6l3 3 6-7'],
  delivered: ['M1 6l3 3 6-7', 'M6.5 8.5l.8.7 6-7'],
  failed: ['M8.5 1v6', 'M8.5 9v1'],
};
TICKS.read = TICKS.delivered;
TICKS.played = TICKS.delivered;

/**
 * Draws one message. `actions`: `reply(bubble, button)` when the customer taps an answer, `choose(bubble, row)` when
 * they pick a row of a list, `copied(code)` after a one-time code was copied. `quotedText` is what the message answers to, or null.
 */
export function drawBubble(bubble, quotedText, actions) {
  const item = element('li', 'bubble');
  item.dataset.wamid = bubble.wamid;
  item.dataset.direction = bubble.direction;
  item.dataset.type = bubble.type;
  item.dataset.status = bubble.status ?? '';
  if (quotedText !== null) item.append(element('div', 'quoted', quotedText));
  if (bubble.media) item.append(drawMedia(bubble.media, bubble.error !== null));
  if (bubble.header) item.append(element('div', 'head', bubble.header));
  if (bubble.text) {
    const body = element('div', 'body');
    appendRichText(body, bubble.text);
    item.append(body);
  }
  if (!bubble.text && !bubble.media) item.append(element('div', 'body', `(${bubble.type})`));
  if (bubble.footer) item.append(element('div', 'foot', bubble.footer));
  item.append(drawMeta(bubble));
  if (bubble.error) item.append(element('div', 'error', `Not delivered (${bubble.error})`));
  if (bubble.buttons.length > 0) item.append(drawButtons(bubble, actions));
  if (bubble.list) item.append(drawList(bubble, actions));
  return item;
}

/** What stands for a message in a list or a quote. */
export function summaryOf(bubble) {
  const text = bubble.text ?? bubble.header ?? '';
  if (bubble.reaction_to) return `Reacted ${text}`;
  if (!bubble.media) return text || `(${bubble.type})`;
  return `${bubble.media.kind === 'image' ? '📷' : '📎'} ${text || bubble.media.filename || bubble.media.kind}`;
}

function drawMedia(media, failed) {
  if (media.url === null) return element('div', 'file', failed ? `No ${media.kind}` : `Fetching the ${media.kind} …`);
  switch (media.kind) {
    case 'image':
    case 'sticker': {
      const image = element('img');
      image.src = media.url;
      image.alt = media.kind === 'image' ? 'Picture' : 'Sticker';
      image.addEventListener('error', () => image.replaceWith(element('div', 'file', 'The picture is no longer kept')));
      return image;
    }
    case 'video':
    case 'audio': {
      const player = element(media.kind);
      player.src = media.url;
      player.controls = true;
      player.preload = 'metadata';
      return player;
    }
    default: {
      const file = element('a', 'file');
      file.href = media.url;
      file.download = media.filename ?? 'document';
      const name = element('span', '', media.filename ?? 'Document');
      if (media.size !== null) name.append(element('small', '', size(media.size)));
      file.append(element('span', '', '📄'), name);
      return file;
    }
  }
}

function drawMeta(bubble) {
  const meta = element('div', 'meta');
  meta.append(element('time', '', clockTime(bubble.at)));
  const paths = bubble.direction === 'out' ? TICKS[bubble.status] : undefined;
  if (paths) {
    const ticks = document.createElementNS(SVG, 'svg');
    ticks.setAttribute('class', 'ticks');
    ticks.setAttribute('viewBox', '0 0 17 11');
    ticks.setAttribute('role', 'img');
    ticks.setAttribute('aria-label', bubble.status);
    for (const shape of paths) {
      const path = document.createElementNS(SVG, 'path');
      path.setAttribute('d', shape);
      ticks.append(path);
    }
    meta.append(ticks);
  }
  return meta;
}

function drawButtons(bubble, actions) {
  const box = element('div', 'buttons');
  for (const button of bubble.buttons) {
    if (button.kind === 'url') {
      box.append(link(button.value, button.text));
      continue;
    }
    const tap = element('button', '', button.text);
    tap.type = 'button';
    tap.dataset.kind = button.kind;
    if (button.kind === 'copy_code') tap.addEventListener('click', () => void copyCode(button.value, actions));
    else if (button.kind === 'reply') tap.addEventListener('click', () => actions.reply(bubble, button));
    else tap.disabled = true;
    box.append(tap);
  }
  return box;
}

/** A list as the phone has it: a button that opens its sections; picking a row closes it. */
function drawList(bubble, actions) {
  const choices = element('details', 'choices');
  choices.append(element('summary', '', bubble.list.button));
  for (const { title, rows } of bubble.list.sections) {
    if (title) choices.append(element('div', 'section', title));
    for (const row of rows) {
      const pick = element('button', '', row.title);
      pick.type = 'button';
      pick.dataset.row = row.id;
      if (row.description) pick.append(element('small', '', row.description));
      pick.addEventListener('click', () => {
        choices.open = false;
        actions.choose(bubble, row);
      });
      choices.append(pick);
    }
  }
  return choices;
}

/** Browsers give the clipboard to secure pages only; the code is shown in any case. */
async function copyCode(code, actions) {
  try {
    await navigator.clipboard.writeText(code);
    actions.copied(`Copied ${code}`);
  } catch (error) {
    actions.copied(`The code is ${code} (not copied: ${error.message})`);
  }
}

export function clockTime(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

export function element(tag, className = '', text = '') {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}

function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
