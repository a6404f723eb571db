/** What a format check may look at: the first bytes at hand, and any other part on request. */
export interface FileSample {
  readonly sizeBytes: number;
  /** The first bytes: at least 64 KB, or the whole file. */
  readonly head: Buffer;
  /** Up to `length` bytes from `position`, fewer at the end. */
  read(position: number, length: number): Promise<Buffer>;
  /** The whole file in pieces. */
  chunks(): AsyncIterable<Buffer>;
}

/** Whether the bytes at `position` are these (text is latin1, one character a byte). */
export function hasBytes(bytes: Buffer, position: number, expected: string): boolean {
  return (
    bytes.length >= position + expected.length &&
    bytes.toString('latin1', position, position + expected.length) === expected
  );
}
