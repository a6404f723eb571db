/* global document */
/** WhatsApp's own marks: *bold*, _italic_, ~struck~, ```code```. Links open in a new window. */
const MARKS = /```([^`]+)```|\*([^*\n]+)\*|_([^_\n]+)_|~([^~\n]+)~|(https?:\/\/[^\s<>"']+)/g;
const TAGS = [undefined, 'code', 'strong', 'em', 's'];

/** Appends text to an element; nothing in it is ever read as HTML. */
export function appendRichText(element, text) {
  let from = 0;
  for (const match of text.matchAll(MARKS)) {
    element.append(text.slice(from, match.index));
    const group = match.slice(1).findIndex((part) => part !== undefined) + 1;
    element.append(group === 5 ? link(match[5], match[5]) : marked(TAGS[group], match[group]));
    from = match.index + match[0].length;
  }
  element.append(text.slice(from));
}

/** A link that leaves the page; anything but http(s) becomes plain text. */
export function link(address, text) {
  if (!/^https?:\/\//i.test(address)) return document.createTextNode(text);
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.textContent = text;
  anchor.target = '_blank';
  anchor.rel = 'noopener noreferrer';
  return anchor;
}

function marked(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
