import { hasBytes, type FileSample } from './file-sample.js';

/** Brands of ordinary MP4 video (ISO/IEC 14496-12 and -14, and what phones and encoders write: mp4ra.org). */
const MP4_BRANDS = /^(isom|iso[2-9a-c]|mp4[12]|avc1|M4V |M4VP|MSNV|mmp4|dash|NDSC|XAVC)$/;
/** Brands of 3GPP files (3GPP TS 26.244, 5.3). */
const THREE_GPP_BRANDS = /^3g[peghrst][0-9a-z]$/;
/** Same container, other content: QuickTime, audio only, still pictures. */
const FOREIGN_BRANDS = /^(qt {2}|M4A |M4B |M4P |heic|heix|hevc|heim|heis|mif1|msf1|avif|avis|crx )$/;

const MAX_FTYP_BYTES = 4096;

/** Major brand, then the compatible ones, of the `ftyp` box that such a file starts with; empty when there is none. */
function brands(head: Buffer): string[] {
  if (!hasBytes(head, 4, 'ftyp')) return [];
  const size = head.readUInt32BE(0);
  if (size < 16 || size > MAX_FTYP_BYTES || size > head.length || size % 4 !== 0) return [];
  const found = [head.toString('latin1', 8, 12)];
  for (let position = 16; position < size; position += 4) found.push(head.toString('latin1', position, position + 4));
  return found;
}

/** MP4 by its brands: an MP4 brand, and a major one that is not another kind of file. */
export function isMp4({ head }: FileSample): boolean {
  const [major = '', ...compatible] = brands(head);
  return !FOREIGN_BRANDS.test(major) && [major, ...compatible].some((brand) => MP4_BRANDS.test(brand));
}

/** 3GPP by its brands. */
export function is3gpp({ head }: FileSample): boolean {
  const [major = '', ...compatible] = brands(head);
  return !FOREIGN_BRANDS.test(major) && [major, ...compatible].some((brand) => THREE_GPP_BRANDS.test(brand));
}
