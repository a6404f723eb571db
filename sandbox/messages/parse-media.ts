import {
  child,
  invalidParameter,
  invalidValue,
  onlyKeys,
  readOptionalBoolean,
  readOptionalText,
  type Fields,
} from '../graph/read-params.js';
import type { MediaKind, MediaReference } from './message-types.js';

const CAPTION_MAX = 1024;
const LINK_MAX = 2048;
const FILENAME_MAX = 240;

const KEYS: Record<MediaKind, ReadonlySet<string>> = {
  image: new Set(['id', 'link', 'caption']),
  video: new Set(['id', 'link', 'caption']),
  audio: new Set(['id', 'link', 'voice']),
  document: new Set(['id', 'link', 'caption', 'filename']),
  sticker: new Set(['id', 'link']),
};

/** Reads a media object: exactly one of `id` and `link`, captions up to 1024, `voice` for audio only. */
export function readMedia(fields: Fields, path: string, kind: MediaKind): MediaReference {
  onlyKeys(fields, path, KEYS[kind]);
  const id = readOptionalText(fields, 'id', path, 64);
  const link = readOptionalText(fields, 'link', path, LINK_MAX);
  if (!id && !link) throw invalidParameter(`Either ${child(path, 'id')} or ${child(path, 'link')} must be set.`);
  if (id && link) throw invalidParameter(`Only one of ${child(path, 'id')} and ${child(path, 'link')} may be set.`);
  if (id && !/^\d+$/.test(id)) throw invalidValue(`Param ${child(path, 'id')} is not a valid media ID.`);
  if (link && !isWebAddress(link)) throw invalidValue(`Param ${child(path, 'link')} is not a valid URL.`);
  return {
    id: id ? id : undefined,
    link: link ? link : undefined,
    caption: readOptionalText(fields, 'caption', path, CAPTION_MAX),
    filename: readOptionalText(fields, 'filename', path, FILENAME_MAX),
    voice: readOptionalBoolean(fields, 'voice', path),
  };
}

export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol } = new URL(text);
  return protocol === 'http:' || protocol === 'https:';
}
