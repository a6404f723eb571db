import {
  child,
  invalidParameter,
  invalidValue,
  missing,
  onlyKeys,
  readObject,
  readObjects,
  readOptionalText,
  readText,
  type Fields,
} from '../graph/read-params.js';
import type { InteractiveContent, InteractiveKind, MediaKind } from './message-types.js';
import { isWebAddress, readMedia } from './parse-media.js';

const KEYS = new Set(['type', 'header', 'body', 'footer', 'action']);
const HEADER_KEYS = new Set(['type', 'text', 'image', 'video', 'document']);
const TEXT_KEYS = new Set(['text']);
const HEADER_TEXT_MAX = 60;
const FOOTER_MAX = 60;
const BODY_MAX = 1024;
const LIST_BODY_MAX = 4096;

/** Reads an `interactive` object; limits: WhatsApp, interactive reply buttons, list, CTA URL and flow messages. */
export function readInteractive(body: Fields): InteractiveContent {
  const path = 'interactive';
  const fields = readObject(body, 'interactive', '');
  onlyKeys(fields, path, KEYS);
  const kind = readKind(fields, path);
  const bodyText = readObject(fields, 'body', path);
  onlyKeys(bodyText, child(path, 'body'), TEXT_KEYS);
  readText(bodyText, 'text', child(path, 'body'), kind === 'list' ? LIST_BODY_MAX : BODY_MAX);
  if (fields['footer'] !== undefined) {
    const footer = readObject(fields, 'footer', path);
    onlyKeys(footer, child(path, 'footer'), TEXT_KEYS);
    readText(footer, 'text', child(path, 'footer'), FOOTER_MAX);
  }
  const header = readHeader(fields, path, kind);
  checkAction(readObject(fields, 'action', path), child(path, 'action'), kind);
  return { type: 'interactive', kind, header };
}

function readKind(fields: Fields, path: string): InteractiveKind {
  const kind = readText(fields, 'type', path, 64);
  switch (kind) {
    case 'button':
    case 'list':
    case 'cta_url':
    case 'flow':
    case 'location_request_message':
      return kind;
    default:
      throw invalidValue(`Param ${child(path, 'type')} '${kind}' is not supported.`);
  }
}

function readHeader(fields: Fields, parent: string, kind: InteractiveKind): InteractiveContent['header'] {
  if (fields['header'] === undefined) return undefined;
  const path = child(parent, 'header');
  const header = readObject(fields, 'header', parent);
  onlyKeys(header, path, HEADER_KEYS);
  const type = readText(header, 'type', path, 16);
  if (type === 'text') {
    readText(header, 'text', path, HEADER_TEXT_MAX);
    return undefined;
  }
  if (type !== 'image' && type !== 'video' && type !== 'document') {
    throw invalidValue(`Param ${child(path, 'type')} must be one of text, image, video, document.`);
  }
  if (kind === 'list') throw invalidValue(`Param ${child(path, 'type')} must be text for a list.`);
  const mediaKind: MediaKind = type;
  return { kind: mediaKind, media: readMedia(readObject(header, type, path), child(path, type), mediaKind) };
}

function checkAction(action: Fields, path: string, kind: InteractiveKind): void {
  switch (kind) {
    case 'button':
      return checkButtons(action, path);
    case 'list':
      return checkList(action, path);
    case 'cta_url':
      return checkUrlAction(action, path);
    case 'flow':
      return checkFlow(action, path);
    case 'location_request_message':
      onlyKeys(action, path, new Set(['name']));
      return checkName(action, path, 'send_location');
  }
}

function checkButtons(action: Fields, path: string): void {
  onlyKeys(action, path, new Set(['buttons']));
  const titles = new Set<string>();
  const ids = new Set<string>();
  for (const button of readObjects(action, 'buttons', path, 1, 3)) {
    onlyKeys(button.fields, button.path, new Set(['type', 'reply']));
    if (button.fields['type'] !== 'reply') throw invalidValue(`Param ${child(button.path, 'type')} must be reply.`);
    const reply = readObject(button.fields, 'reply', button.path);
    const replyPath = child(button.path, 'reply');
    onlyKeys(reply, replyPath, new Set(['id', 'title']));
    addUnique(ids, readText(reply, 'id', replyPath, 256), child(replyPath, 'id'));
    addUnique(titles, readText(reply, 'title', replyPath, 20), child(replyPath, 'title'));
  }
}

function checkList(action: Fields, path: string): void {
  onlyKeys(action, path, new Set(['button', 'sections']));
  readText(action, 'button', path, 20);
  const sections = readObjects(action, 'sections', path, 1, 10);
  const ids = new Set<string>();
  for (const section of sections) {
    onlyKeys(section.fields, section.path, new Set(['title', 'rows']));
    const title = readOptionalText(section.fields, 'title', section.path, 24);
    if (sections.length > 1 && !title) throw missing(child(section.path, 'title'));
    for (const row of readObjects(section.fields, 'rows', section.path, 1, 10)) {
      onlyKeys(row.fields, row.path, new Set(['id', 'title', 'description']));
      addUnique(ids, readText(row.fields, 'id', row.path, 200), child(row.path, 'id'));
      readText(row.fields, 'title', row.path, 24);
      readOptionalText(row.fields, 'description', row.path, 72);
    }
  }
  if (ids.size > 10) {
    throw invalidParameter(`Param ${child(path, 'sections')} must have at most 10 rows over all sections.`);
  }
}

function checkUrlAction(action: Fields, path: string): void {
  onlyKeys(action, path, new Set(['name', 'parameters']));
  checkName(action, path, 'cta_url');
  const parameters = readObject(action, 'parameters', path);
  const parametersPath = child(path, 'parameters');
  onlyKeys(parameters, parametersPath, new Set(['display_text', 'url']));
  readText(parameters, 'display_text', parametersPath, 20);
  if (!isWebAddress(readText(parameters, 'url', parametersPath, 2000))) {
    throw invalidValue(`Param ${child(parametersPath, 'url')} is not a valid URL.`);
  }
}

const FLOW_KEYS = new Set([
  'flow_message_version',
  'flow_id',
  'flow_name',
  'flow_cta',
  'flow_token',
  'mode',
  'flow_action',
  'flow_action_payload',
]);

function checkFlow(action: Fields, path: string): void {
  onlyKeys(action, path, new Set(['name', 'parameters']));
  checkName(action, path, 'flow');
  const parameters = readObject(action, 'parameters', path);
  const parametersPath = child(path, 'parameters');
  onlyKeys(parameters, parametersPath, FLOW_KEYS);
  readText(parameters, 'flow_message_version', parametersPath, 8);
  readText(parameters, 'flow_cta', parametersPath, 30);
  const flowId = readOptionalText(parameters, 'flow_id', parametersPath, 64);
  const flowName = readOptionalText(parameters, 'flow_name', parametersPath, 200);
  if (!flowId && !flowName) throw missing(child(parametersPath, 'flow_id'));
  if (flowId && flowName) throw invalidParameter('Only one of flow_id and flow_name may be set.');
}

function checkName(action: Fields, path: string, name: string): void {
  if (action['name'] !== name) throw invalidValue(`Param ${child(path, 'name')} must be ${name}.`);
}

function addUnique(seen: Set<string>, value: string, path: string): void {
  if (seen.has(value)) throw invalidValue(`Param ${path} must be unique.`);
  seen.add(value);
}
