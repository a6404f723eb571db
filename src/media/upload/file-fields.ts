import type { MediaType } from '../media-types.js';

/** The fields of a form that may hold its one file, each with the kind of file it takes; null: `media_type` says it. */
export type FileFields = Readonly<Record<string, MediaType | null>>;

/** The form of `POST /messages/media`. */
export const MEDIA_FILE: FileFields = { media_file: null };

/** Metadata key of a handler's file fields. */
export const FILE_FIELDS = 'media:file-fields';

/** `a`, `a or b`, for a sentence. */
export const fieldNames = (fields: FileFields): string => Object.keys(fields).join(' or ');
