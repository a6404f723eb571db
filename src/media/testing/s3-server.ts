import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface StoredObject {
  content: Buffer;
  contentType: string;
  modified: Date;
}

/**
 * As much of the S3 protocol as the media store uses, over real HTTP: PutObject (with its SHA-256 checked), GetObject
 * with ranges, HeadObject, DeleteObject, ListObjectsV2 in pages of two. For specifications.
 */
export class S3Server {
  readonly objects = new Map<string, StoredObject>();
  /** Answered instead of the real thing while set. */
  failure: { status: number; code: string } | undefined;
  readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<S3Server> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address() as AddressInfo;
    const s3 = new S3Server(server, `http://127.0.0.1:${address.port}`);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      s3.answer(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
    return s3;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return fail(response, 403, 'AccessDenied');
    if (this.failure) {
      request.resume();
      return fail(response, this.failure.status, this.failure.code);
    }
    const [, bucket, ...key] = decodeURIComponent(url.pathname).split('/');
    if (bucket !== 'media-bucket') return fail(response, 404, 'NoSuchBucket');
    if (key.join('/') === '') return this.list(url, response);
    if (request.method === 'PUT') return this.put(key.join('/'), request, response);
    if (request.method === 'DELETE') {
      this.objects.delete(key.join('/'));
      response.writeHead(204).end();
      return;
    }
    this.get(key.join('/'), request, response);
  }

  private async put(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await buffer(request);
    const checksum = createHash('sha256').update(content).digest('base64');
    if (request.headers['x-amz-checksum-sha256'] !== checksum) return fail(response, 400, 'BadDigest');
    this.objects.set(key, { content, contentType: request.headers['content-type'] ?? '', modified: new Date() });
    response.writeHead(200, { ETag: `"${createHash('md5').update(content).digest('hex')}"` }).end();
  }

  private get(key: string, request: IncomingMessage, response: ServerResponse): void {
    const object = this.objects.get(key);
    if (!object) return fail(response, 404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const content = range ? object.content.subarray(Number(range[1]), Number(range[2]) + 1) : object.content;
    response.writeHead(range ? 206 : 200, { 'Content-Length': content.length, 'Content-Type': object.contentType });
    response.end(request.method === 'HEAD' ? undefined : content);
  }

  private list(url: URL, response: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, 2);
    const contents = page.map(
      (key) =>
        `<Contents><Key>${key}</Key><LastModified>${this.objects.get(key)?.modified.toISOString()}</LastModified></Contents>`,
    );
    const truncated = keys.length > page.length;
    const next = truncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    response.writeHead(200, { 'Content-Type': 'application/xml' });
    response.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${truncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    );
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'Content-Type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
