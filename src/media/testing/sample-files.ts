import { crc32 } from 'node:zlib';
import cfb from 'cfb';
import sharp from 'sharp';

/** Small valid files of every format that may be sent, and of some that may not. For specifications and tests. */

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** The same bytes, filled up with zeros behind to a size. */
export const padded = (file: Buffer, sizeBytes: number): Buffer => {
  const whole = Buffer.alloc(sizeBytes);
  file.copy(whole);
  return whole;
};

const picture = (width: number, height: number, alpha: boolean) =>
  sharp({
    create: { width, height, channels: alpha ? 4 : 3, background: { r: 20, g: 120, b: 220, alpha: alpha ? 0.5 : 1 } },
  });

export const jpeg = (width = 32, height = 24): Promise<Buffer> => picture(width, height, false).jpeg().toBuffer();
export const png = (width = 32, height = 24): Promise<Buffer> => picture(width, height, false).png().toBuffer();
export const gif = (): Promise<Buffer> => picture(8, 8, false).gif().toBuffer();
export const webp = (width = 32, height = 24): Promise<Buffer> =>
  picture(width, height, false).webp({ effort: 0 }).toBuffer();
export const webpWithAlpha = (): Promise<Buffer> => picture(32, 24, true).webp({ lossless: true }).toBuffer();

/** Noise compresses badly: a WebP that is small when lossy, becomes a large PNG, and takes its time on the way. */
export async function noisyWebp(width: number, height: number, options: { lossless?: boolean } = {}): Promise<Buffer> {
  const noise = sharp({
    create: { width, height, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 80 } },
  });
  return noise
    .ensureAlpha(0.5)
    .webp({ quality: 90, effort: 0, ...options })
    .toBuffer();
}

export async function animatedWebp(): Promise<Buffer> {
  const frames = await Promise.all(
    [0, 1].map((frame) =>
      picture(16, 16, false)
        .negate(frame === 1)
        .png()
        .toBuffer(),
    ),
  );
  return sharp(frames, { join: { animated: true } })
    .webp({ loop: 0, delay: [100, 100] })
    .toBuffer();
}

/** Box `ftyp` with these brands, and an empty `mdat`. */
export function isoMedia(major: string, ...compatible: string[]): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(16 + 4 * compatible.length);
  return Buffer.concat([size, latin1(`ftyp${major}\0\0\x02\0${compatible.join('')}`), latin1('\0\0\0\x08mdat')]);
}

export const mp4 = (): Buffer => isoMedia('isom', 'isom', 'iso2', 'avc1', 'mp41');
export const threeGpp = (): Buffer => isoMedia('3gp4', 'isom', '3gp4');
export const quickTime = (): Buffer => isoMedia('qt  ', 'qt  ');
export const m4a = (): Buffer => isoMedia('M4A ', 'isom', 'mp42');

/** Two frames of MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes each. */
export const mp3 = (): Buffer =>
  Buffer.concat([padded(latin1('\xff\xfb\x90\x00'), 417), padded(latin1('\xff\xfb\x90\x00'), 417)]);

/** An ID3v2.4 tag of this many bytes, header not counted. */
export function id3(bodyBytes: number): Buffer {
  const size = [21, 14, 7, 0].map((shift) => (bodyBytes >> shift) & 0x7f);
  return Buffer.concat([latin1('ID3\x04\0\0'), Buffer.from(size), Buffer.alloc(bodyBytes, 0x41)]);
}

/** One ADTS frame of AAC-LC, 44.1 kHz, stereo, 32 bytes. */
export const aac = (): Buffer => padded(Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x04, 0x1f, 0xfc]), 32);

/** One frame of AMR at 12.2 kbit/s. */
export const amr = (): Buffer => Buffer.concat([latin1('#!AMR\n'), padded(Buffer.from([0x3c]), 32)]);
export const amrWideBand = (): Buffer => Buffer.concat([latin1('#!AMR-WB\n'), padded(Buffer.from([0x24]), 33)]);

/** The first page of an Ogg stream that begins with this packet. */
function oggPage(packet: Buffer): Buffer {
  const header = Buffer.alloc(28);
  header.write('OggS', 0, 'latin1');
  header[5] = 2;
  header.writeUInt32LE(0x5241534c, 14);
  header[26] = 1;
  header[27] = packet.length;
  return Buffer.concat([header, packet]);
}

export const oggOpus = (): Buffer =>
  oggPage(Buffer.concat([latin1('OpusHead\x01\x01'), Buffer.from([0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0])]));
export const oggVorbis = (): Buffer => oggPage(padded(latin1('\x01vorbis'), 30));

export const pdf = (): Buffer =>
  latin1(
    '%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n' +
      'trailer\n<</Root 1 0 R>>\n%%EOF\n',
  );

/** An old Office document: a compound file with the stream that names its program. */
export function compoundFile(stream: 'WordDocument' | 'Workbook' | 'PowerPoint Document'): Buffer {
  const container = cfb.utils.cfb_new();
  cfb.utils.cfb_add(container, `/${stream}`, Buffer.alloc(512, 1));
  const written: unknown = cfb.write(container, { type: 'buffer' });
  if (!Buffer.isBuffer(written)) throw new Error('cfb wrote no buffer');
  return written;
}

/** A ZIP of stored (not compressed) files. */
export function zip(files: Record<string, string>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(20, 0);
    fixed.writeUInt32LE(crc32(content), 10);
    fixed.writeUInt32LE(content.length, 14);
    fixed.writeUInt32LE(content.length, 18);
    fixed.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([latin1('PK\x03\x04'), fixed, Buffer.from(name), content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([latin1('PK\x01\x02\x14\0'), fixed, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, central, latin1('PK\x05\x06'), end]);
}

const CONTENT_TYPES =
  '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>';

/** An Office Open XML document, as far as a look at its parts can tell. */
export const officeOpenXml = (part: 'word/document.xml' | 'xl/workbook.xml' | 'ppt/presentation.xml'): Buffer =>
  zip({ '[Content_Types].xml': CONTENT_TYPES, '_rels/.rels': '<Relationships/>', [part]: '<x/>' });

export const html = (): Buffer => latin1('<!DOCTYPE html><html><body><script>alert(1)</script></body></html>');
