import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/settings.js';
import { Log } from '../../platform/logging/log.js';
import { AllowedHosts } from '../../platform/public-hosts/allowed-hosts.js';
import { type HostAddress, HostAddresses, HostRefusedError } from '../../platform/public-hosts/host-addresses.js';
import { ArrivedFile } from '../arrived-file.js';
import { tooLargeMessage } from '../formats/check-media.js';
import { MAX_BYTES, type MediaType } from '../media-types.js';
import { ContentReceiver, type ReceivedContent } from '../received-content.js';
import { TempFiles } from '../temp-files.js';
import { answerName, answerType } from './answer-name.js';
import { parseMediaUrl } from './media-url.js';
import { MediaUrlRefusedError } from './media-url-refused.js';
import { pinnedGet } from './pinned-request.js';

/** For everything: names, connections, redirects and the body (CONTRACT "Media"). */
const TOTAL_MS = 30_000;
const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Downloads media from addresses that callers name, without letting them reach into our network: every host, also of
 * each redirect, is looked up once, all its addresses must be public, and the connection goes to exactly those.
 */
@Injectable()
export class MediaDownload {
  private readonly allowed: AllowedHosts;
  /** Whole time for one download, milliseconds. */
  protected readonly totalMs: number = TOTAL_MS;

  constructor(
    settings: Settings,
    private readonly tempFiles: TempFiles,
    private readonly hostAddresses: HostAddresses,
    private readonly log: Log,
  ) {
    this.allowed = new AllowedHosts(settings.MEDIA_URL_ALLOW);
  }

  /**
   * @returns the file; whoever takes it discards its content
   * @throws MediaUrlRefusedError when the address or the answer cannot be used; the system's error (ENOSPC …) when the
   * file cannot be kept
   */
  async fetch(text: string, mediaType: MediaType): Promise<ArrivedFile> {
    const signal = AbortSignal.timeout(this.totalMs);
    const url = parseMediaUrl(text, this.allowed);
    const { answer, from } = await this.open(url, signal);
    try {
      refuseUnusable(answer, mediaType);
      const content = await this.receive(answer, mediaType, signal);
      return new ArrivedFile(answerName(from, answer), answerType(answer), content, 'detect');
    } finally {
      // Closes the connection, also when the body was not read to its end.
      answer.destroy();
    }
  }

  /** Follows redirects, each under the same rules. */
  private async open(first: URL, signal: AbortSignal): Promise<{ answer: IncomingMessage; from: URL }> {
    let url = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await this.get(url, signal);
      const status = answer.statusCode ?? 0;
      if (!REDIRECTS.includes(status)) return { answer, from: url };
      answer.destroy();
      const location = answer.headers.location;
      if (location === undefined) throw new MediaUrlRefusedError(`The URL answered ${status} without an address.`);
      url = parseMediaUrl(location, this.allowed, url);
    }
    throw new MediaUrlRefusedError(`The URL redirects more than ${MAX_REDIRECTS} times.`);
  }

  private async get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const addresses = await before(signal, this.addressesOf(url), () => this.timedOut());
    try {
      return await before(signal, pinnedGet(url, addresses, signal), () => this.timedOut());
    } catch (error) {
      throw this.failed(error, signal);
    }
  }

  private async addressesOf(url: URL): Promise<HostAddress[]> {
    try {
      return await this.hostAddresses.of(url, this.allowed.allows(url) ? () => true : undefined);
    } catch (error) {
      throw error instanceof HostRefusedError ? new MediaUrlRefusedError(error.message, { cause: error.cause }) : error;
    }
  }

  private async receive(answer: IncomingMessage, mediaType: MediaType, signal: AbortSignal): Promise<ReceivedContent> {
    const receiver = new ContentReceiver(this.tempFiles, MAX_BYTES[mediaType]);
    const chunks: AsyncIterator<unknown> = answer[Symbol.asyncIterator]();
    try {
      for (;;) {
        const chunk = await this.next(chunks, signal);
        if (chunk.done) break;
        if (!Buffer.isBuffer(chunk.value)) throw new TypeError('an answer gives buffers');
        await receiver.write(chunk.value);
        if (receiver.tooLarge) throw new MediaUrlRefusedError(tooLargeMessage(mediaType));
      }
    } catch (error) {
      await receiver.abort();
      throw error;
    }
    return receiver.finish();
  }

  /** Tells a connection that fails (the caller's matter) from a disk that fails (ours). */
  private async next(chunks: AsyncIterator<unknown>, signal: AbortSignal): Promise<IteratorResult<unknown>> {
    try {
      return await chunks.next();
    } catch (error) {
      throw this.failed(error, signal);
    }
  }

  /** What went wrong below goes to the log: it may name addresses. */
  private failed(error: unknown, signal: AbortSignal): MediaUrlRefusedError {
    if (signal.aborted) return this.timedOut();
    this.log.debug({ err: error }, 'a media_url could not be downloaded');
    return new MediaUrlRefusedError('The URL could not be downloaded: the connection failed.', { cause: error });
  }

  private timedOut(): MediaUrlRefusedError {
    return new MediaUrlRefusedError(`The URL could not be downloaded within ${this.totalMs / 1000} seconds.`);
  }
}

function refuseUnusable(answer: IncomingMessage, mediaType: MediaType): void {
  if (answer.statusCode !== 200)
    throw new MediaUrlRefusedError(`The URL answered with HTTP status ${answer.statusCode}.`);
  const encoding = answer.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity') throw new MediaUrlRefusedError('The URL answers with a compressed body only.');
  if (Number(answer.headers['content-length'] ?? 0) > MAX_BYTES[mediaType]) {
    throw new MediaUrlRefusedError(tooLargeMessage(mediaType));
  }
}

/** Work ends with the time, whether or not it can be cancelled: the system's look-up cannot, it is left to itself. */
async function before<T>(signal: AbortSignal, work: Promise<T>, timedOut: () => Error): Promise<T> {
  if (signal.aborted) throw timedOut();
  let onAbort = (): void => undefined;
  const end = new Promise<never>((_, reject) => {
    onAbort = () => reject(timedOut());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
