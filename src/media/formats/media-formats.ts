import type { MediaType } from '../media-types.js';
import { isAac, isAmr, isMp3, isOggOpus } from './audio-signatures.js';
import { isCompoundFile, isOfficeOpenXml, isPdf, isText } from './document-signatures.js';
import type { FileSample } from './file-sample.js';
import type { FormatNature } from './hidden-content.js';
import { isJpeg, isPng, isWebp } from './image-signatures.js';
import { is3gpp, isMp4 } from './video-signatures.js';

/** A file format that may be sent. */
export interface MediaFormat {
  /** For people: "not a JPEG image". */
  readonly name: string;
  readonly mediaType: MediaType;
  /** The first one is given to files that come without. */
  readonly extensions: readonly [string, ...string[]];
  /** What WhatsApp is told (Cloud API, "Supported media types"). */
  readonly mimeType: string;
  /** Other content types under which clients declare it. */
  readonly alsoDeclaredAs: readonly string[];
  /** What it is inside, for telling polyglots. */
  readonly nature: FormatNature;
  matches(sample: FileSample): boolean | Promise<boolean>;
}

const office = 'application/vnd.openxmlformats-officedocument';

/** Every format that may be sent, with its signature. The extensions are those of the RASL page, plus csv and opus. */
export const MEDIA_FORMATS: readonly MediaFormat[] = [
  {
    name: 'JPEG image',
    mediaType: 'image',
    extensions: ['jpg', 'jpeg'],
    mimeType: 'image/jpeg',
    alsoDeclaredAs: ['image/jpg', 'image/pjpeg'],
    nature: 'binary',
    matches: isJpeg,
  },
  {
    name: 'PNG image',
    mediaType: 'image',
    extensions: ['png'],
    mimeType: 'image/png',
    alsoDeclaredAs: ['image/x-png'],
    nature: 'binary',
    matches: isPng,
  },
  {
    name: 'WebP image',
    mediaType: 'image',
    extensions: ['webp'],
    mimeType: 'image/webp',
    alsoDeclaredAs: [],
    nature: 'binary',
    matches: isWebp,
  },
  {
    name: 'MP4 video',
    mediaType: 'video',
    extensions: ['mp4'],
    mimeType: 'video/mp4',
    alsoDeclaredAs: ['application/mp4', 'video/x-m4v'],
    nature: 'binary',
    matches: isMp4,
  },
  {
    name: '3GPP video',
    mediaType: 'video',
    extensions: ['3gp', '3gpp'],
    mimeType: 'video/3gpp',
    alsoDeclaredAs: ['video/3gp', 'audio/3gpp', 'video/3gpp2'],
    nature: 'binary',
    matches: is3gpp,
  },
  {
    name: 'MP3 audio',
    mediaType: 'audio',
    extensions: ['mp3'],
    mimeType: 'audio/mpeg',
    alsoDeclaredAs: ['audio/mp3', 'audio/mpeg3', 'audio/x-mpeg-3', 'audio/x-mp3', 'audio/x-mpeg', 'audio/mpa'],
    nature: 'binary',
    matches: isMp3,
  },
  {
    name: 'AAC audio',
    mediaType: 'audio',
    extensions: ['aac'],
    mimeType: 'audio/aac',
    alsoDeclaredAs: ['audio/x-aac', 'audio/aacp', 'audio/x-hx-aac-adts', 'audio/vnd.dlna.adts'],
    nature: 'binary',
    matches: isAac,
  },
  {
    name: 'AMR audio',
    mediaType: 'audio',
    extensions: ['amr'],
    mimeType: 'audio/amr',
    alsoDeclaredAs: ['audio/x-amr', 'audio/amr-nb'],
    nature: 'binary',
    matches: isAmr,
  },
  {
    name: 'OGG audio with Opus',
    mediaType: 'audio',
    extensions: ['ogg', 'opus'],
    mimeType: 'audio/ogg',
    alsoDeclaredAs: ['audio/opus', 'application/ogg', 'audio/x-opus+ogg', 'audio/x-ogg', 'audio/x-opus'],
    nature: 'binary',
    matches: isOggOpus,
  },
  {
    name: 'PDF document',
    mediaType: 'document',
    extensions: ['pdf'],
    mimeType: 'application/pdf',
    alsoDeclaredAs: ['application/x-pdf'],
    nature: 'pdf',
    matches: isPdf,
  },
  {
    name: 'Word 97-2003 document',
    mediaType: 'document',
    extensions: ['doc'],
    mimeType: 'application/msword',
    alsoDeclaredAs: ['application/vnd.ms-word', 'application/x-cfb', 'application/x-ole-storage'],
    nature: 'compound',
    matches: isCompoundFile,
  },
  {
    name: 'Excel 97-2003 workbook',
    mediaType: 'document',
    extensions: ['xls'],
    mimeType: 'application/vnd.ms-excel',
    alsoDeclaredAs: ['application/msexcel', 'application/x-cfb', 'application/x-ole-storage'],
    nature: 'compound',
    matches: isCompoundFile,
  },
  {
    name: 'PowerPoint 97-2003 presentation',
    mediaType: 'document',
    extensions: ['ppt'],
    mimeType: 'application/vnd.ms-powerpoint',
    alsoDeclaredAs: ['application/mspowerpoint', 'application/x-cfb', 'application/x-ole-storage'],
    nature: 'compound',
    matches: isCompoundFile,
  },
  {
    name: 'Word document',
    mediaType: 'document',
    extensions: ['docx'],
    mimeType: `${office}.wordprocessingml.document`,
    alsoDeclaredAs: ['application/zip'],
    nature: 'zip',
    matches: isOfficeOpenXml('word'),
  },
  {
    name: 'Excel workbook',
    mediaType: 'document',
    extensions: ['xlsx'],
    mimeType: `${office}.spreadsheetml.sheet`,
    alsoDeclaredAs: ['application/zip'],
    nature: 'zip',
    matches: isOfficeOpenXml('xl'),
  },
  {
    name: 'PowerPoint presentation',
    mediaType: 'document',
    extensions: ['pptx'],
    mimeType: `${office}.presentationml.presentation`,
    alsoDeclaredAs: ['application/zip'],
    nature: 'zip',
    matches: isOfficeOpenXml('ppt'),
  },
  {
    name: 'text in UTF-8 or UTF-16',
    mediaType: 'document',
    extensions: ['txt'],
    mimeType: 'text/plain',
    alsoDeclaredAs: [],
    nature: 'text',
    matches: isText,
  },
  {
    // WhatsApp knows no CSV: it goes out as plain text. Windows declares CSV as Excel's type.
    name: 'CSV text in UTF-8 or UTF-16',
    mediaType: 'document',
    extensions: ['csv'],
    mimeType: 'text/plain',
    alsoDeclaredAs: ['text/csv', 'application/csv', 'text/x-csv', 'application/vnd.ms-excel'],
    nature: 'text',
    matches: isText,
  },
];

/** Content types that say nothing about the format (RFC 2046, 4.5.1, and what servers send for "save this"). */
const UNSPECIFIC_TYPES: ReadonlySet<string> = new Set([
  '',
  'application/octet-stream',
  'binary/octet-stream',
  'application/download',
  'application/x-download',
  'application/force-download',
  'application/unknown',
]);

/** Extensions that a media type allows, for messages. */
export function extensionsOf(mediaType: MediaType): string[] {
  return MEDIA_FORMATS.filter((format) => format.mediaType === mediaType).flatMap((format) => format.extensions);
}

/** The format that a media type has for this extension (without dot, lower case). */
export function formatOf(mediaType: MediaType, extension: string): MediaFormat | undefined {
  return MEDIA_FORMATS.find((format) => format.mediaType === mediaType && format.extensions.includes(extension));
}

/** Whether a declared content type goes with the format: its own, another name of it, or one that says nothing. */
export function declaredTypeFits(format: MediaFormat, declaredType: string): boolean {
  return (
    UNSPECIFIC_TYPES.has(declaredType) ||
    declaredType === format.mimeType ||
    format.alsoDeclaredAs.includes(declaredType)
  );
}
