import { fileTypeFromBuffer } from 'file-type';
import { MAX_BYTES, MEGABYTE, type MediaType } from '../media-types.js';
import { extensionOf } from '../names/file-names.js';
import type { FileSample } from './file-sample.js';
import { hiddenContent } from './hidden-content.js';
import { declaredTypeFits, extensionsOf, formatOf, MEDIA_FORMATS, type MediaFormat } from './media-formats.js';

/** A file as it came in, by upload or from a URL. */
export interface MediaCandidate extends FileSample {
  /** As the client or server named it. */
  readonly originalName: string;
  /** Content type it was declared with, lower case, without parameters; empty for none. */
  readonly declaredType: string;
}

/** Either the format that all of extension, declared type and content agree on, or what is wrong. */
export type MediaVerdict = { format: MediaFormat } | { faults: string[] };

/** File-type looks no further than this. */
const SNIFF_BYTES = 4100;

/** The size limit as the messages say it. */
export function tooLargeMessage(mediaType: MediaType): string {
  return `The file must not be larger than ${MAX_BYTES[mediaType] / MEGABYTE} MB for media_type ${mediaType}.`;
}

/**
 * Checks a file against its media type: not empty, size, extension, declared content type, its own bytes, and that it
 * is not something else besides. A declared type has to agree only when it says something (`application/octet-stream`
 * does not).
 * @param withoutExtension what to do with a name that has no extension: refuse it (uploads), or find the format by
 *   content (URLs, whose paths often have none)
 */
export async function checkMedia(
  mediaType: MediaType,
  candidate: MediaCandidate,
  withoutExtension: 'refuse' | 'detect',
): Promise<MediaVerdict> {
  if (candidate.sizeBytes === 0) return { faults: ['The file must not be empty.'] };
  const faults: string[] = [];
  if (candidate.sizeBytes > MAX_BYTES[mediaType]) faults.push(tooLargeMessage(mediaType));

  const extension = extensionOf(candidate.originalName);
  const format =
    extension === '' && withoutExtension === 'detect'
      ? await detect(mediaType, candidate)
      : formatOf(mediaType, extension);
  if (!format) {
    faults.push(
      extension === '' && withoutExtension === 'detect'
        ? `The file is not one of ${extensionsOf(mediaType).join(', ')}${await soundsLike(candidate)}.`
        : `The file must have one of the extensions ${extensionsOf(mediaType).join(', ')} for media_type ${mediaType}.`,
    );
    return { faults };
  }
  if (!declaredTypeFits(format, candidate.declaredType)) {
    faults.push(`The file was declared as ${printable(candidate.declaredType)}, which is not a ${format.name}.`);
  }
  if (!(await format.matches(candidate))) {
    faults.push(`The file's content is not a ${format.name}${await soundsLike(candidate)}.`);
    return { faults };
  }
  const hidden = await hiddenContent(candidate, format.nature);
  if (hidden) faults.push(`The file is a ${format.name} and ${hidden} at once.`);
  return faults.length > 0 ? { faults } : { format };
}

/** The format of this media type that the content has. */
async function detect(mediaType: MediaType, candidate: FileSample): Promise<MediaFormat | undefined> {
  for (const format of MEDIA_FORMATS) {
    // Only the extension tells old Office documents apart.
    if (format.mediaType !== mediaType || format.nature === 'compound') continue;
    if (await format.matches(candidate)) return format;
  }
  return undefined;
}

/** " (it looks like image/gif)" when the content shows a known type. */
async function soundsLike({ head }: FileSample): Promise<string> {
  const found = await fileTypeFromBuffer(new Uint8Array(head.subarray(0, SNIFF_BYTES)));
  return found ? ` (it looks like ${found.mime})` : '';
}

/** A client's own word in our message: short, and nothing but the characters of a content type (RFC 6838, 4.2). */
function printable(declaredType: string): string {
  return declaredType.replace(/[^a-z0-9!#$&^_.+/-]/gi, '').slice(0, 100) || 'something unreadable';
}
