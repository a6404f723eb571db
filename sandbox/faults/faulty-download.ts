import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { dropConnection } from './faulty-answer.js';
import type { FaultRule } from './fault-rules.js';

/** Sends a file, with the fault that strikes in its middle. */
export async function sendFile(
  fault: FaultRule | null,
  response: ServerResponse,
  file: { readonly path: string; readonly size: number },
): Promise<void> {
  if (fault?.kind !== 'accept_then_drop' && fault?.kind !== 'slow_body') {
    await pipeline(createReadStream(file.path), response);
    return;
  }
  const half = Math.ceil(file.size / 2);
  await pipeline(createReadStream(file.path, { end: half - 1 }), response, { end: false });
  if (fault.kind === 'slow_body' && (await isOpenAfter(fault.delayMs, response))) {
    await pipeline(createReadStream(file.path, { start: half }), response);
  } else {
    dropConnection(response);
  }
}

/** Waits, unless the reader goes away first. */
async function isOpenAfter(ms: number, response: ServerResponse): Promise<boolean> {
  const over = new AbortController();
  const { signal } = over;
  const late = wait(ms, true, { signal });
  const gone = once(response, 'close', { signal }).then(() => false);
  try {
    return await Promise.race([late, gone]);
  } finally {
    over.abort();
    await Promise.allSettled([late, gone]);
  }
}
