import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFields, type Fields } from '../graph/read-params.js';

/** One POST as it came. */
export interface ReceivedPost {
  readonly raw: Buffer;
  readonly signature: string | undefined;
  readonly entries: Fields[];
}

/** One change of a body, with the account it belongs to. */
export interface ReceivedChange {
  readonly accountId: string;
  readonly time: unknown;
  readonly field: string;
  readonly value: Fields;
}

/** A callback on loopback for specs: takes the handshake, keeps every POST, answers what it is told to. */
export class CallbackReceiver {
  readonly posts: ReceivedPost[] = [];
  readonly handshakes: URLSearchParams[] = [];
  verifyToken = 'verify-me';
  /** The status for the next POST; by default 200. */
  answer: (post: ReceivedPost) => number = () => 200;
  readonly #watchers = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<CallbackReceiver> {
    const server = createServer();
    const receiver = new CallbackReceiver(server);
    server.on('request', (request, response) => receiver.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${addressOf(this.server).port}/callback`;
  }

  /** All changes that were received, in the order they came. */
  get changes(): ReceivedChange[] {
    return this.posts.flatMap((post) => post.entries.flatMap(changesOf));
  }

  /** `sent`, `delivered` … of one message, in the order they came. */
  statusesOf(wamid: string): Fields[] {
    return this.changes.flatMap((change) => list(change.value['statuses'])).filter((status) => status['id'] === wamid);
  }

  /** Resolves when the condition holds; it is looked at after every POST. */
  async until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`the callback has seen ${this.posts.length} posts, but not what was waited for`));
      }, timeoutMs);
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams;
      this.handshakes.push(query);
      const right = query.get('hub.verify_token') === this.verifyToken;
      response.writeHead(right ? 200 : 403, { 'content-type': 'text/plain' });
      response.end(right ? query.get('hub.challenge') : 'no');
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const signature = request.headers['x-hub-signature-256'];
      const body: unknown = JSON.parse(raw.toString('utf8'));
      const post: ReceivedPost = {
        raw,
        signature: typeof signature === 'string' ? signature : undefined,
        entries: isFields(body) ? list(body['entry']) : [],
      };
      const status = this.answer(post);
      this.posts.push(post);
      response.writeHead(status);
      response.end();
      for (const watcher of [...this.#watchers]) watcher();
    });
  }
}

/** What the signature of these bytes has to be. */
export function expectedSignature(raw: Buffer, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
}

export function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address;
}

export function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function changesOf(entry: Fields): ReceivedChange[] {
  return list(entry['changes']).map((change) => ({
    accountId: String(entry['id']),
    time: entry['time'],
    field: String(change['field']),
    value: isFields(change['value']) ? change['value'] : {},
  }));
}
