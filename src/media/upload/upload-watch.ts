import type { Request } from 'express';

/** How long a sender may send nothing at all, milliseconds. */
const IDLE_MS = 30_000;
/**
 * How much of one request is read at most: what goes beyond the limits is passed over, so that the client gets its
 * answer instead of a broken connection, but not for ever.
 */
export const MAX_REQUEST_BYTES = 256 * 1024 * 1024;

const TICK_MS = 1000;

/** Why an upload was given up while it was still coming in. */
export class UploadGivenUpError extends Error {
  constructor(readonly reason: 'stalled' | 'endless') {
    super(`upload ${reason}`);
  }
}

/** Watches a request's body come in, and gives up on one that stands still or has no end. */
export class UploadWatch {
  private readonly timer: NodeJS.Timeout;
  private readonly startBytes: number;
  private lastBytes: number;
  private lastMoved = Date.now();

  constructor(
    private readonly request: Request,
    private readonly giveUp: (error: UploadGivenUpError) => void,
    private readonly idleMs = IDLE_MS,
    private readonly maxBytes = MAX_REQUEST_BYTES,
  ) {
    this.startBytes = this.lastBytes = request.socket.bytesRead;
    this.timer = setInterval(() => this.look(), Math.min(TICK_MS, idleMs));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const bytes = this.request.socket.bytesRead;
    if (bytes - this.startBytes > this.maxBytes) return this.end('endless');
    if (bytes !== this.lastBytes || this.request.isPaused()) {
      this.lastBytes = bytes;
      this.lastMoved = Date.now();
    } else if (Date.now() - this.lastMoved >= this.idleMs) {
      this.end('stalled');
    }
  }

  private end(reason: UploadGivenUpError['reason']): void {
    this.stop();
    this.giveUp(new UploadGivenUpError(reason));
  }
}
