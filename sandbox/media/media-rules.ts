import type { MediaKind } from '../messages/message-types.js';

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;

interface MediaRule {
  readonly mimeTypes: ReadonlySet<string>;
  readonly maxBytes: number;
}

/** WhatsApp, "Media": what may be sent, and how big it may be. Stickers: the limit of animated ones. */
export const MEDIA_RULES: Record<MediaKind, MediaRule> = {
  image: { mimeTypes: new Set(['image/jpeg', 'image/png']), maxBytes: 5 * MEGABYTE },
  sticker: { mimeTypes: new Set(['image/webp']), maxBytes: 500 * KILOBYTE },
  video: { mimeTypes: new Set(['video/mp4', 'video/3gpp']), maxBytes: 16 * MEGABYTE },
  audio: {
    mimeTypes: new Set(['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg']),
    maxBytes: 16 * MEGABYTE,
  },
  document: {
    mimeTypes: new Set([
      'text/plain',
      'application/pdf',
      'application/msword',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.ms-excel',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'application/vnd.ms-powerpoint',
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    ]),
    maxBytes: 100 * MEGABYTE,
  },
};

/** A sticker that does not move. */
export const STATIC_STICKER_MAX_BYTES = 100 * KILOBYTE;
/** The largest of all limits. */
export const LARGEST_MEDIA_BYTES = MEDIA_RULES.document.maxBytes;

const KINDS: readonly MediaKind[] = ['image', 'sticker', 'video', 'audio', 'document'];

/** `audio/ogg; codecs=opus` → `audio/ogg`. */
export function bareMimeType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** The kind a MIME type belongs to, or undefined when it cannot be sent at all. */
export function kindOfMimeType(mimeType: string): MediaKind | undefined {
  return KINDS.find((kind) => MEDIA_RULES[kind].mimeTypes.has(mimeType));
}

export function allMimeTypes(): string[] {
  return KINDS.flatMap((kind) => [...MEDIA_RULES[kind].mimeTypes]);
}

/**
 * Why a file cannot be sent as this kind, or null when it can.
 * @param head The file's first bytes.
 */
export function mediaFault(kind: MediaKind, mimeType: string, size: number, head: Buffer): string | null {
  const rule = MEDIA_RULES[kind];
  if (!rule.mimeTypes.has(mimeType)) return `Unsupported media type ${mimeType || 'unknown'} for ${kind}.`;
  if (size === 0) return 'The media file is empty.';
  if (size > rule.maxBytes)
    return `Media file size too big. Max file size we currently support: ${rule.maxBytes} bytes.`;
  const real = sniffMimeType(head);
  if (real !== null && !agrees(mimeType, real)) return `Media is ${real}, but was declared as ${mimeType}.`;
  if (real === null && (kind === 'image' || kind === 'sticker')) return `Media is not ${mimeType}.`;
  if (kind === 'sticker' && !isAnimatedWebp(head) && size > STATIC_STICKER_MAX_BYTES) {
    return `Static stickers may have at most ${STATIC_STICKER_MAX_BYTES} bytes.`;
  }
  return null;
}

/** How many leading bytes `mediaFault` needs. */
export const HEAD_BYTES = 64;

/** What the first bytes say, for formats with a clear signature; null for all others. */
export function sniffMimeType(head: Buffer): string | null {
  const ascii = head.toString('latin1');
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP') return 'image/webp';
  if (ascii.startsWith('GIF8')) return 'image/gif';
  if (ascii.startsWith('%PDF-')) return 'application/pdf';
  if (ascii.startsWith('OggS')) return 'audio/ogg';
  if (ascii.startsWith('#!AMR')) return 'audio/amr';
  if (ascii.slice(4, 8) === 'ftyp') return 'video/mp4';
  if (/^\s*<(!doctype html|html)/i.test(ascii)) return 'text/html';
  return null;
}

/** MP4 and 3GPP share one container, and MP4 audio has it too. */
function agrees(declared: string, real: string): boolean {
  if (real === 'video/mp4') return declared === 'video/mp4' || declared === 'video/3gpp' || declared === 'audio/mp4';
  return declared === real;
}

function isAnimatedWebp(head: Buffer): boolean {
  return head.toString('latin1', 12, 16) === 'VP8X' && ((head[20] ?? 0) & 0x02) !== 0;
}
