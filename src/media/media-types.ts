/** What a send calls the media; each has its own formats and size limit. */
export type MediaType = 'image' | 'video' | 'audio' | 'document';

export const MEDIA_TYPES: readonly MediaType[] = ['image', 'video', 'audio', 'document'];

/** True for the four names that `media_type` may have. */
export function isMediaType(value: unknown): value is MediaType {
  return MEDIA_TYPES.some((type) => type === value);
}

/** One megabyte as the limits mean it: 1024 × 1024 bytes, so that a file a phone calls "5 MB" passes. */
export const MEGABYTE = 1024 * 1024;

/** Largest file per type, in bytes, inclusive (the RASL page "Send Media Message" and Meta's media limits). */
export const MAX_BYTES: Readonly<Record<MediaType, number>> = {
  image: 5 * MEGABYTE,
  video: 16 * MEGABYTE,
  audio: 16 * MEGABYTE,
  document: 100 * MEGABYTE,
};
