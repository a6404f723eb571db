import { hasBytes, type FileSample } from './file-sample.js';

/** JPEG (ITU-T T.81, B.1.1.3): start of image, then a marker segment: a table, a frame header, APPn or a comment. */
export function isJpeg({ head }: FileSample): boolean {
  const marker = head[3] ?? 0;
  return hasBytes(head, 0, '\xff\xd8\xff') && marker >= 0xc0 && marker <= 0xfe && (marker < 0xd0 || marker > 0xd9);
}

/** PNG (W3C PNG, 5.2): the signature, which also shows damage by text transfers. */
export function isPng({ head }: FileSample): boolean {
  return hasBytes(head, 0, '\x89PNG\r\n\x1a\n');
}

/** WebP (RFC 9649, 2.5): a RIFF container of form WEBP whose first chunk is `VP8 `, VP8L or VP8X. */
export function isWebp({ head }: FileSample): boolean {
  return (
    hasBytes(head, 0, 'RIFF') && hasBytes(head, 8, 'WEBPVP8') && [' ', 'L', 'X'].some((c) => hasBytes(head, 15, c))
  );
}
