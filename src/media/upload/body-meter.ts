import type { Request } from 'express';

/**
 * How much of one multipart body is read at most. A file over its limit is passed over rather than cut off, so that
 * the client gets its answer and all its faults; but not for ever.
 */
export const MAX_MULTIPART_BYTES = 256 * 1024 * 1024;

const LOOK_EVERY_MS = 1000;

/** More came than any request that we take can have. */
export class EndlessBodyError extends Error {
  constructor() {
    super('the multipart body is larger than any that we take');
  }
}

/**
 * Watches how much a request sends, by its connection's counter, which costs nothing per chunk. (Senders that stand
 * still are the server's matter.)
 * @param onEndless called once, when more than `maxBytes` came
 * @returns ends the watch
 */
export function meterBody(
  request: Request,
  maxBytes: number,
  onEndless: (error: EndlessBodyError) => void,
): () => void {
  const { socket } = request;
  const before = socket.bytesRead;
  const timer = setInterval(() => {
    if (socket.bytesRead - before <= maxBytes) return;
    clearInterval(timer);
    onEndless(new EndlessBodyError());
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
