import { pipeline } from 'node:stream/promises';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../../auth-scopes/decorators.js';
import { notFound, rangeNotSatisfiable } from '../../platform/http/api-error.js';
import { ApiErrors, ApiIdParameter, ApiPublicEndpoint } from '../../platform/http/openapi/api-endpoint.js';
import { Log } from '../../platform/logging/log.js';
import { MediaLinks, PUBLIC_ID } from '../media-links.js';
import { type LinkedFile, MediaRepository } from '../media-repository.js';
import { type ByteRange, MediaStore } from '../storage/media-store.js';
import { MediaNotStoredError } from '../storage/storage-errors.js';
import { readRange } from './byte-range.js';
import { contentDisposition } from './content-disposition.js';

/** The content under an address never changes; a cache may keep it a day, or until the address ends. */
const MAX_AGE_SECONDS = 86_400;

/** As nginx' send_timeout. */
const STALL_MS = 60_000;

/** `/media/{public_id}/{filename}`: what WhatsApp downloads. The id alone decides; the name is for people. */
@Controller('media')
export class MediaController {
  /** Longest time in which nothing of a file gets on its way; then its connection is closed, milliseconds. */
  protected readonly stallMs: number = STALL_MS;

  constructor(
    private readonly repository: MediaRepository,
    private readonly store: MediaStore,
    private readonly links: MediaLinks,
    private readonly log: Log,
  ) {}

  /**
   * GET and HEAD, whole or one range, with validators (RFC 9110).
   * @throws ApiError 404 when the id is unknown or has ended, 416 when the file has no such range
   */
  @Get(':public_id/:filename')
  @Public()
  @ApiPublicEndpoint({
    tag: 'Media',
    summary: 'Download media',
    description:
      'The file behind a `media_url`, whole or in part (`Range`). The address cannot be guessed and needs no token; it ends 30 days after its message is final. The address of a file that a customer sent is signed, and ends 15 minutes after it was shown (`url` of a message). Documents come as attachments.',
  })
  @ApiIdParameter({
    name: 'public_id',
    description: 'The unguessable part of the address.',
    schema: { type: 'string' },
    example: '4fK2mQp7XbT9sLw1Zc8YhR3v',
  })
  @ApiIdParameter({
    name: 'filename',
    description: 'For people; any name is answered.',
    schema: { type: 'string' },
    example: 'photo.jpg',
  })
  @ApiHeader({
    name: 'Range',
    required: false,
    description: 'One range of bytes (RFC 9110).',
    schema: { type: 'string' },
    example: 'bytes=0-1023',
  })
  @ApiOkResponse({ description: 'The file.', content: { '*/*': { schema: { type: 'string', format: 'binary' } } } })
  @ApiResponse({ status: 206, description: 'The range that was asked for.' })
  @ApiResponse({ status: 304, description: 'The file is the one you have (`If-None-Match`, `If-Modified-Since`).' })
  @ApiErrors('NOT_FOUND', 'RANGE_NOT_SATISFIABLE')
  async serve(@Param('public_id') publicId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const file = await this.find(publicId, request);
    if (!file) throw notFound('There is no such media file.');
    const etag = `"${file.sha256.toString('hex')}"`;
    const range = rangeApplies(request, etag, file) ? readRange(request.headers.range, file.size_bytes) : 'whole';
    setHeaders(response, file, etag);
    if (request.fresh) {
      response.status(304).end();
    } else if (range === 'unsatisfiable') {
      removeHeaders(response);
      throw rangeNotSatisfiable(file.size_bytes);
    } else {
      await this.send(request, response, file, range);
    }
  }

  /** A customer's file is served only under a signed address, while that lives. */
  private async find(publicId: string, { query }: Request): Promise<LinkedFile | undefined> {
    const file = PUBLIC_ID.test(publicId) ? await this.repository.findByPublicId(publicId) : undefined;
    if (!file?.signed) return file;
    const left = this.links.secondsLeft(publicId, query.expires, query.signature);
    return left === null ? undefined : { ...file, expires_in_s: Math.min(left, file.expires_in_s ?? left) };
  }

  private async send(
    request: Request,
    response: Response,
    file: LinkedFile,
    range: ByteRange | 'whole',
  ): Promise<void> {
    const { start, end } = range === 'whole' ? { start: 0, end: file.size_bytes - 1 } : range;
    response.status(range === 'whole' ? 200 : 206).set('Content-Length', String(end - start + 1));
    if (range !== 'whole') response.set('Content-Range', `bytes ${start}-${end}/${file.size_bytes}`);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    try {
      const content = await this.store.openRead(file.storage_key, range === 'whole' ? undefined : range);
      // The socket's timer: any progress starts it again. Without it a client that stops reading keeps the file open.
      response.setTimeout(this.stallMs, () => response.destroy());
      await pipeline(content, response);
    } catch (error) {
      this.failed(error, response, file);
    }
  }

  /** Once the first bytes are out, all that is left is to break the connection, so that the client sees it. */
  private failed(error: unknown, response: Response, file: LinkedFile): void {
    if (response.headersSent) {
      this.log.debug({ err: error }, 'a media download ended early');
      response.destroy();
      return;
    }
    removeHeaders(response);
    if (!(error instanceof MediaNotStoredError)) throw error;
    this.log.error({ err: error, storage_key: file.storage_key }, 'a media file has its row but is not stored');
    throw notFound('There is no such media file.');
  }
}

/** `If-Range` asks for the range only when the file is still the same (RFC 9110, 13.1.5). */
function rangeApplies(request: Request, etag: string, file: LinkedFile): boolean {
  const condition = request.headers['if-range'];
  if (condition === undefined) return true;
  const value = String(condition).trim();
  if (value.startsWith('"') || value.startsWith('W/')) return value === etag;
  return Date.parse(value) === Math.trunc(file.created_at.getTime() / 1000) * 1000;
}

function setHeaders(response: Response, file: LinkedFile, etag: string): void {
  const seconds = Math.max(0, Math.min(MAX_AGE_SECONDS, Math.trunc(file.expires_in_s ?? MAX_AGE_SECONDS)));
  const inline = /^(image|video|audio)\//.test(file.mime_type);
  response.set({
    'Content-Type': file.mime_type,
    'Content-Disposition': contentDisposition(inline ? 'inline' : 'attachment', file.filename),
    'X-Content-Type-Options': 'nosniff',
    // Whatever a file contains, it runs nothing and loads nothing when it is opened here.
    'Content-Security-Policy': "sandbox; default-src 'none'",
    // Others' pages may show it: the address itself is the permission.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': `private, max-age=${seconds}, immutable`,
    'Accept-Ranges': 'bytes',
    ETag: etag,
    'Last-Modified': file.created_at.toUTCString(),
  });
}

/** What was said of the file does not hold for the error that is answered instead. */
function removeHeaders(response: Response): void {
  for (const name of response.getHeaderNames()) {
    if (name === 'content-security-policy') continue;
    if (name.startsWith('content-') || ['etag', 'last-modified', 'cache-control', 'accept-ranges'].includes(name)) {
      response.removeHeader(name);
    }
  }
}
