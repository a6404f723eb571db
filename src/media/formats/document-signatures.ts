import { hasBytes, type FileSample } from './file-sample.js';
import { isErrno } from '../storage/storage-errors.js';
import { listZip } from './zip-directory.js';

/** PDF (ISO 32000-1, 7.5.2): the header line at the very start. */
export function isPdf({ head }: FileSample): boolean {
  return hasBytes(head, 0, '%PDF-');
}

/**
 * Compound File Binary ([MS-CFB] 2.2): the container of DOC, XLS and PPT. Which of them it is, is left to the
 * extension (CONTRACT).
 */
export function isCompoundFile({ head }: FileSample): boolean {
  return hasBytes(head, 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1');
}

/**
 * An Office Open XML document of one kind (ECMA-376 part 2, 10.1.2): a ZIP from its first byte on, with
 * `[Content_Types].xml`, whose parts lie under `word/`, `xl/` or `ppt/`. A plain ZIP is not one.
 */
export function isOfficeOpenXml(folder: 'word' | 'xl' | 'ppt'): (sample: FileSample) => Promise<boolean> {
  return async (sample) => {
    if (!hasBytes(sample.head, 0, 'PK\x03\x04')) return false;
    const names = await listZip(sample);
    return names.includes('[Content_Types].xml') && names.some((name) => name.startsWith(`${folder}/`));
  };
}

/** Byte order marks (Unicode 23.8) of the encodings a text may have beside plain UTF-8. */
const BYTE_ORDER_MARKS: [string, string][] = [
  ['\xff\xfe', 'utf-16le'],
  ['\xfe\xff', 'utf-16be'],
];

/**
 * Text: valid UTF-8, or UTF-16 with a byte order mark, to the last byte and without NUL. Reads the whole file in
 * pieces, so that memory stays flat.
 */
export async function isText(sample: FileSample): Promise<boolean> {
  const encoding = BYTE_ORDER_MARKS.find(([mark]) => hasBytes(sample.head, 0, mark))?.[1] ?? 'utf-8';
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of sample.chunks()) {
      if (decoder.decode(chunk, { stream: true }).includes('\0')) return false;
    }
    decoder.decode();
    return true;
  } catch (error) {
    if (isErrno(error, 'ERR_ENCODING_INVALID_ENCODED_DATA')) return false;
    throw error;
  }
}
