import type { ServerResponse } from 'node:http';

/** Ends the answer with a JSON body. No ETag: answers carry a time and an id, so no two are equal. */
export function writeJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  for (const name in headers) response.setHeader(name, headers[name] ?? '');
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  // A text goes out in one piece with the headers; a Buffer would be a second write.
  response.end(text);
}
