import type { IncomingMessage } from 'node:http';
import { GraphError } from './graph-error.js';

/** Far more than any message may have. */
const BODY_MAX = 1024 * 1024;

/**
 * The whole body of a request as text.
 * @returns null when the client went away before it was complete.
 * @throws GraphError 100 (HTTP 413) when it is over 1 MB.
 */
export function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_MAX) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > BODY_MAX) reject(new GraphError(100, `The request body has more than ${BODY_MAX} bytes.`, 413));
      else resolve((chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)).toString('utf8'));
    });
    request.on('close', () => resolve(null));
    request.on('error', () => resolve(null));
  });
}

/** @throws GraphError 100 when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GraphError(100, `The request body is not JSON: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}
