import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from './api-error.js';
import { errorEnvelope } from './envelope.js';
import type { OpenRequests } from './open-requests.js';
import { writeJson } from './write-json.js';

/** What Node's HTTP parser could not read, as the caller sees it. */
function toApiError(code: string): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') return new ApiError(431, 'BAD_REQUEST', 'The headers are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ApiError(408, 'BAD_REQUEST', 'The request came too slowly');
  return new ApiError(400, 'BAD_REQUEST', 'This is not a readable HTTP request');
}

function rawAnswer(error: ApiError): string {
  const requestId = randomUUID();
  const body = JSON.stringify(errorEnvelope(error, requestId));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/**
 * Answers in the envelope what never becomes a request of Express: bytes that are no HTTP, headers that are too long,
 * senders that are too slow, chunks that are malformed. The connection ends with the answer.
 */
export function answerConnectionErrors(server: Server, open: OpenRequests): void {
  server.on('clientError', (fault: NodeJS.ErrnoException, socket: Duplex) => {
    if (fault.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const error = toApiError(fault.code ?? '');
    const response = socket instanceof Socket ? open.on(socket) : undefined;
    if (!response) {
      socket.end(rawAnswer(error));
    } else if (response.headersSent) {
      // Half an answer is out: nothing readable can follow.
      socket.destroy();
    } else {
      writeJson(response, error.status, errorEnvelope(error, response.req.context.requestId), { Connection: 'close' });
    }
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const requestId = randomUUID();
    const error = new ApiError(417, 'BAD_REQUEST', 'The Expect header asks for what we do not know');
    writeJson(response, error.status, errorEnvelope(error, requestId), {
      'X-Request-Id': requestId,
      Connection: 'close',
    });
  });
}
