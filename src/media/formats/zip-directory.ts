import { hasBytes, type FileSample } from './file-sample.js';

const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1');
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ENTRY_BYTES = 46;
/** A document of this kind has some hundred parts; 1 MB of directory is several thousand. */
const MAX_DIRECTORY_BYTES = 1024 * 1024;

/** Where the central directory of a ZIP lies. */
interface Directory {
  position: number;
  sizeBytes: number;
}

/**
 * Finds a ZIP's central directory from its end record (PKWARE APPNOTE 4.3.16), wherever the ZIP begins: something else
 * may stand before it, which is how a picture and an archive become one file. Null when there is none.
 * @param end whether the record (with its comment) must be the end of the file, or something may follow it
 */
export async function findZipDirectory(sample: FileSample, end: 'exact' | 'anywhere'): Promise<Directory | null> {
  const tailBytes = Math.min(sample.sizeBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await sample.read(sample.sizeBytes - tailBytes, tailBytes);
  for (
    let at = tail.lastIndexOf(END_OF_DIRECTORY);
    at >= 0;
    at = at === 0 ? -1 : tail.lastIndexOf(END_OF_DIRECTORY, at - 1)
  ) {
    if (at + END_BYTES > tail.length) continue;
    const after = tail.length - at - END_BYTES - tail.readUInt16LE(at + 20);
    if (after < 0 || (end === 'exact' && after > 0)) continue;
    const sizeBytes = tail.readUInt32LE(at + 12);
    const position = sample.sizeBytes - tailBytes + at - sizeBytes;
    if (sizeBytes < ENTRY_BYTES || position < 0) continue;
    if (hasBytes(await sample.read(position, 4), 0, 'PK\x01\x02')) return { position, sizeBytes };
  }
  return null;
}

/** Names of the files in a ZIP, as its central directory lists them; empty when it is no ZIP or its directory is huge. */
export async function listZip(sample: FileSample): Promise<string[]> {
  const directory = await findZipDirectory(sample, 'anywhere');
  if (!directory || directory.sizeBytes > MAX_DIRECTORY_BYTES) return [];
  const bytes = await sample.read(directory.position, directory.sizeBytes);
  const names: string[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length && hasBytes(bytes, at, 'PK\x01\x02');) {
    const nameBytes = bytes.readUInt16LE(at + 28);
    names.push(bytes.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    at += ENTRY_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return names;
}
