import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Observable } from 'rxjs';
import { payloadTooLarge, validationError } from './api-error.js';
import { BODY_LIMIT_BYTES } from './body-limit.js';
import { BODY_KIND, BODY_LIMIT, type BodyKind } from './decorators.js';

const anyType = (): boolean => true;
const json = express.json({ limit: BODY_LIMIT_BYTES, type: anyType });
// As many fields as 1,000 members of a batch may need.
const urlencoded = express.urlencoded({
  limit: BODY_LIMIT_BYTES,
  type: anyType,
  extended: true,
  parameterLimit: 20_000,
});
// The signature covers the bytes as they were sent, so nothing is inflated.
const raw = express.raw({ limit: BODY_LIMIT_BYTES, type: anyType, inflate: false });

/**
 * Runs one of Express' parsers. Those read a body that is too large to its end before they say so; here it is refused
 * as soon as it is known (by Content-Length, else by counting).
 */
const run = (parser: RequestHandler, request: Request, response: Response, limit = BODY_LIMIT_BYTES): Promise<void> =>
  new Promise((resolve, reject) => {
    const announced = request.headers['content-length'];
    if (announced !== undefined && Number(announced) > limit) {
      reject(payloadTooLarge(limit));
      return;
    }
    void parser(request, response, (error?: unknown) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
    if (announced !== undefined) return;
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > limit) reject(payloadTooLarge(limit));
    });
  });

/** Methods whose body means nothing (RFC 9110); DELETE may have one (batch delete). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Reads bodies after the guards and before the pipes, so that a caller without a token is answered 401 before a byte
 * of the body is read, and malformed JSON is a 422 only for callers who may call at all.
 */
@Injectable()
export class BodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    if (!BODILESS.has(request.method)) {
      const kind =
        this.reflector.getAllAndOverride<BodyKind | undefined>(BODY_KIND, [context.getHandler(), context.getClass()]) ??
        'json';
      const limit = this.reflector.get<number | undefined>(BODY_LIMIT, context.getHandler());
      await this.read(kind, limit, request, context.switchToHttp().getResponse<Response>());
    }
    return next.handle();
  }

  private async read(kind: BodyKind, limit: number | undefined, request: Request, response: Response): Promise<void> {
    if (!hasBody(request)) {
      request.body = kind === 'raw' ? Buffer.alloc(0) : {};
      return;
    }
    if (kind === 'raw') return run(raw, request, response, limit);
    const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (mediaType === 'application/json' || mediaType.endsWith('+json')) return run(json, request, response, limit);
    if (mediaType === 'application/x-www-form-urlencoded') return run(urlencoded, request, response, limit);
    if (kind === 'multipart' && mediaType === 'multipart/form-data') return;
    const readable = ['application/json', 'application/x-www-form-urlencoded'];
    if (kind === 'multipart') readable.unshift('multipart/form-data');
    throw validationError({ body: [`Content-Type must be ${readable.join(' or ')}`] });
  }
}
