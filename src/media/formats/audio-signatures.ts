import { hasBytes, type FileSample } from './file-sample.js';

/** Encoders pad between an ID3 tag and the first frame with zeros; more than this is not padding. */
const MAX_PADDING_BYTES = 8192;

/** Length of an ID3v2 tag at the start, 0 when there is none (id3.org, ID3v2.4 3.1: 28-bit synchsafe size). */
function id3Bytes(head: Buffer): number {
  if (!hasBytes(head, 0, 'ID3') || head.length < 10) return 0;
  const size = head.subarray(6, 10);
  if (size.some((byte) => byte > 0x7f)) return 0;
  const footer = ((head[5] ?? 0) & 0x10) !== 0 ? 10 : 0;
  return 10 + size.reduce((sum, byte) => sum * 128 + byte, 0) + footer;
}

/** The header of the first audio frame, past an ID3 tag (which may hold a large picture) and its padding. */
async function firstFrame(sample: FileSample): Promise<Buffer> {
  const tag = id3Bytes(sample.head);
  if (tag === 0) return sample.head;
  const bytes = await sample.read(tag, MAX_PADDING_BYTES);
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
}

/**
 * MP3: MPEG audio layer III, with or without an ID3v2 tag. The frame header's sync, version, layer, bit rate and
 * sample rate must all be possible ones (ISO/IEC 11172-3, 2.4.1.3).
 */
export async function isMp3(sample: FileSample): Promise<boolean> {
  const frame = await firstFrame(sample);
  if (frame.length < 4) return false;
  const header = frame.readUInt32BE(0);
  const version = (header >>> 19) & 3;
  const layer = (header >>> 17) & 3;
  const bitRate = (header >>> 12) & 15;
  const sampleRate = (header >>> 10) & 3;
  return header >>> 21 === 0x7ff && version !== 1 && layer === 1 && bitRate !== 15 && bitRate !== 0 && sampleRate !== 3;
}

/** AAC in ADTS frames, as `.aac` files hold it: sync, layer 0, a defined sample rate (ISO/IEC 13818-7, 6.2). */
export async function isAac(sample: FileSample): Promise<boolean> {
  const [first = 0, second = 0, third = 0] = await firstFrame(sample);
  return first === 0xff && (second & 0xf6) === 0xf0 && ((third >> 2) & 15) <= 12;
}

/** AMR narrow-band, one channel (RFC 4867, 5.1). Wide-band is another media type (`audio/amr-wb`). */
export function isAmr({ head }: FileSample): boolean {
  return hasBytes(head, 0, '#!AMR\n');
}

/** Ogg whose first stream is Opus (RFC 3533, 6; RFC 7845, 5.1). WhatsApp plays no Vorbis. */
export function isOggOpus({ head }: FileSample): boolean {
  return hasBytes(head, 0, 'OggS\0') && hasBytes(head, 27 + (head[26] ?? 0), 'OpusHead');
}
