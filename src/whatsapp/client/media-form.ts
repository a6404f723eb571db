import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

/** A file to hand over. Its stream is opened once, when the request is made. */
export interface MediaFile {
  readonly filename: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  open(): Promise<Readable>;
}

/** The stored file is not as long as its record says: sent on, it would be a request that never ends. */
export class MediaLengthError extends Error {
  constructor(expected: number, found: number) {
    super(`The stored media file has ${found} bytes instead of ${expected}`);
  }
}

/**
 * The multipart body of a media upload (RFC 7578), streamed with its length known beforehand. `type` is always sent:
 * WhatsApp's table calls it required, although its example leaves it out.
 */
export class MediaForm {
  /** Set when the file could not be read to its end. */
  sourceError?: Error;
  readonly headers: Record<string, string>;
  private readonly head: Buffer;
  private readonly tail: Buffer;

  constructor(private readonly file: MediaFile) {
    const boundary = `rasl-${randomBytes(16).toString('hex')}`;
    const field = (name: string, value: string): string =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    this.head = Buffer.from(
      `${field('messaging_product', 'whatsapp')}${field('type', file.mimeType)}--${boundary}\r\n` +
        `Content-Disposition: form-data; name="file"; filename="${quoted(file.filename)}"\r\n` +
        `Content-Type: ${file.mimeType}\r\n\r\n`,
    );
    this.tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    this.headers = {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': String(this.head.length + file.sizeBytes + this.tail.length),
    };
  }

  stream(): Readable {
    return Readable.from(this.parts(), { objectMode: false });
  }

  private async *parts(): AsyncGenerator<Buffer> {
    yield this.head;
    try {
      yield* this.content();
    } catch (error) {
      this.sourceError = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
    yield this.tail;
  }

  private async *content(): AsyncGenerator<Buffer> {
    let sent = 0;
    for await (const chunk of await this.file.open()) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('A media stream must give bytes');
      sent += chunk.length;
      if (sent > this.file.sizeBytes) throw new MediaLengthError(this.file.sizeBytes, sent);
      yield chunk;
    }
    if (sent < this.file.sizeBytes) throw new MediaLengthError(this.file.sizeBytes, sent);
  }
}

/** As browsers write it (WHATWG HTML, multipart/form-data): only these three are escaped. */
const quoted = (name: string): string => name.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
