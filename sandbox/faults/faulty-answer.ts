import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { GraphError } from '../graph/graph-error.js';
import type { FaultRule } from './fault-rules.js';

const SLOW_PIECES = 10;

export function answerJson(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Ends the connection without an answer. */
export function dropConnection(response: ServerResponse): void {
  response.socket?.destroy();
}

/**
 * Faults that strike before a request is looked at.
 * @returns The HTTP status that was answered, 0 for a dropped connection, null when the request goes on.
 * @throws GraphError for a synchronous `error` and an `http_500` with a Graph body.
 */
export async function strikeBefore(fault: FaultRule, response: ServerResponse): Promise<number | null> {
  switch (fault.kind) {
    case 'drop_before_accept':
      dropConnection(response);
      return 0;
    case 'delay':
      await wait(fault.delayMs);
      return null;
    case 'http_500':
      if (fault.graphBody) throw new GraphError(fault.code || 131000, 'Injected fault.', fault.httpStatus ?? 500);
      response.writeHead(fault.httpStatus ?? 500, { 'content-length': 0 });
      response.end();
      return fault.httpStatus ?? 500;
    case 'html_502': {
      const html = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>';
      response.writeHead(502, { 'content-type': 'text/html; charset=utf-8', 'content-length': html.length });
      response.end(html);
      return 502;
    }
    case 'error':
      if (fault.mode === 'async') return null;
      throw new GraphError(fault.code, fault.details, fault.httpStatus ?? undefined);
    default:
      return null;
  }
}

/** Answers an accepted request, with the fault that strikes afterwards. */
export async function answerAfter(fault: FaultRule | null, response: ServerResponse, body: string): Promise<void> {
  switch (fault?.kind) {
    case 'accept_then_drop':
      dropConnection(response);
      return;
    case 'delay_after_accept':
      await wait(fault.delayMs);
      answerJson(response, 200, body);
      return;
    case 'wrong_json':
      answerJson(response, 200, body.slice(0, Math.floor(body.length / 2)));
      return;
    case 'slow_body':
      await answerSlowly(response, body, fault.delayMs);
      return;
    default:
      answerJson(response, 200, body);
  }
}

async function answerSlowly(response: ServerResponse, body: string, overMs: number): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
  });
  const size = Math.ceil(body.length / SLOW_PIECES);
  for (let from = 0; from < body.length && !response.destroyed; from += size) {
    response.write(body.slice(from, from + size));
    await wait(overMs / SLOW_PIECES);
  }
  response.end();
}
