import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** Longest time in which nothing of a download gets on its way; then its connection is closed, milliseconds. */
const STALL_MS = 60_000;

/** What is downloaded as. */
export interface Download {
  readonly contentType: string;
  /** ASCII, without quotes. */
  readonly filename: string;
}

/**
 * Sends pieces as they are made, at the receiver's pace. The first piece is made before anything is sent, so that what
 * fails until then is answered as usual; later all that is left is to break the connection, so that the receiver sees
 * that the file is not whole.
 * @throws what making the first piece throws
 */
export async function sendDownload(
  response: Response,
  { contentType, filename }: Download,
  pieces: AsyncGenerator<string, void, undefined>,
  onBroken: (error: unknown) => void,
): Promise<void> {
  const first = await pieces.next();
  response.status(200).set({
    'Content-Type': contentType,
    'Content-Disposition': `attachment; filename="${filename}"`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.setTimeout(STALL_MS, () => response.destroy());
  try {
    await pipeline(Readable.from(continued(first, pieces), { objectMode: false }), response);
  } catch (error) {
    onBroken(error);
    response.destroy();
  }
}

async function* continued(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
