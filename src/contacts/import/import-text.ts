import { TextDecoder } from 'node:util';
import { type ImportDelimiter, type ImportEncoding, type ImportFormat, ImportRefusedError } from './import-format.js';

/** Cells that one row may have: a contact has 16, and an export of another program a few hundred. */
export const MAX_CELLS = 1000;

/** Bytes that the reader of rows takes at a stretch: some milliseconds, in a process that also sends messages. */
const PIECE_BYTES = 8192;

const NOT_TEXT = 'The file must be text in UTF-8, or in UTF-16 with a byte order mark.';
const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** By the byte order mark (Unicode, 23.8); without one it has to be UTF-8. */
export function encodingOf(head: Buffer): ImportEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/**
 * The text of a file, piece by piece and without its byte order mark.
 * @throws ImportRefusedError at the first bytes that are no text in this encoding or are NUL, and at the first row of
 * more than MAX_CELLS: the reader of rows holds one row in memory, and an empty cell costs there eight times what it
 * costs in the file
 */
export async function* textOf(
  chunks: AsyncIterable<Buffer>,
  { encoding, delimiter }: ImportFormat,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const cells = new CellCount(delimiter);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield cells.checked(decoded(decoder, chunk.subarray(at, at + PIECE_BYTES)));
    }
  }
  yield cells.checked(decoded(decoder));
}

function decoded(decoder: TextDecoder, chunk?: Buffer): string {
  let text: string;
  try {
    text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch (error) {
    throw new ImportRefusedError(NOT_TEXT, { cause: error });
  }
  // UTF-16 without a byte order mark looks like UTF-8 full of them.
  if (text.includes('\0')) throw new ImportRefusedError(NOT_TEXT);
  return text;
}

/** Counts the cells of each row of well-formed CSV; what is not well-formed is refused by the reader of rows. */
class CellCount {
  private readonly delimiter: number;
  private quoted = false;
  private cells = 1;

  constructor(delimiter: ImportDelimiter) {
    this.delimiter = delimiter.charCodeAt(0);
  }

  /** @returns the text itself @throws ImportRefusedError */
  checked(text: string): string {
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit === QUOTE) this.quoted = !this.quoted;
      else if (this.quoted) continue;
      else if (unit === LINE_FEED || unit === CARRIAGE_RETURN) this.cells = 1;
      else if (unit === this.delimiter && (this.cells += 1) > MAX_CELLS) {
        throw new ImportRefusedError(`A row has more than ${MAX_CELLS} cells.`);
      }
    }
    return text;
  }
}
