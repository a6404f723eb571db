import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import { defer, lastValueFrom, type Observable, of } from 'rxjs';
import { type FieldErrors, validationError } from '../../platform/http/api-error.js';
import { Log } from '../../platform/logging/log.js';
import { asStorageApiError } from '../storage/storage-errors.js';
import { TempFiles } from '../temp-files.js';
import { EndlessBodyError, MAX_MULTIPART_BYTES, meterBody } from './body-meter.js';
import { FILE_FIELDS, type FileFields, MEDIA_FILE } from './file-fields.js';
import { formFields } from './form-fields.js';
import { addFault, BODY, MediaFileStorage, type UploadProgress } from './media-file-storage.js';
import { multipartFaults, MULTIPART_LIMITS } from './multipart-errors.js';
import type { MediaForm } from './uploaded-file.js';

/** Reads a media request's body before the handler runs, and ends its temporary file afterwards; see `MediaUpload`. */
@Injectable()
export class MediaUploadInterceptor implements NestInterceptor {
  private readonly parse: RequestHandler;

  constructor(
    tempFiles: TempFiles,
    private readonly reflector: Reflector,
    private readonly log: Log,
  ) {
    const storage = new MediaFileStorage(tempFiles, progressOf);
    // Names arrive in UTF-8 from every client in use; multer's default would read them as Latin-1. Paths are kept
    // because cutting them is the display name's matter, and "../" alone would otherwise be no file at all.
    this.parse = multer({ storage, limits: MULTIPART_LIMITS, defParamCharset: 'utf8', preservePath: true }).any();
  }

  async intercept(context: ExecutionContext, next: CallHandler<unknown>): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request & { mediaForm?: MediaForm }>();
    const progress = progressOf(request);
    progress.fileFields = this.reflector.get<FileFields | undefined>(FILE_FIELDS, context.getHandler()) ?? MEDIA_FILE;
    try {
      const form = await this.read(request, http.getResponse(), progress);
      const earlier = await request.context.idempotentCall?.begin(factsOf(form));
      if (earlier) {
        await this.discard(progress);
        return of(earlier);
      }
      request.mediaForm = form;
    } catch (error) {
      progress.left = true;
      await this.discard(progress);
      throw error;
    }
    // What is held in memory only needs no end.
    if (!progress.file?.content.file) return next.handle();
    return defer(async () => {
      try {
        return await lastValueFrom(next.handle(), { defaultValue: undefined });
      } finally {
        await this.discard(progress);
      }
    });
  }

  private async read(request: Request, response: Response, progress: UploadProgress): Promise<MediaForm> {
    if (request.is('multipart/*')) {
      const error = await this.parseMultipart(request, response);
      if (error !== null) {
        const faults = multipartFaults(error, progress.seenIn ?? onlyField(progress.fileFields) ?? BODY);
        throw faults ? validationError(merged(progress.faults, faults)) : asStorageApiError(error);
      }
    }
    const fields = formFields(request.body);
    // A form without a chosen file sends the field as an empty text.
    for (const field of Object.keys(progress.fileFields)) {
      if (fields[field] !== undefined && fields[field] !== '') {
        addFault(progress.faults, field, `The ${field} must be an uploaded file.`);
      }
      delete fields[field];
    }
    return { fields, file: progress.file, faults: progress.faults };
  }

  /** The request is decided by now: a file that cannot be removed is the collector's, not the caller's. */
  private async discard({ file }: UploadProgress): Promise<void> {
    try {
      await file?.content.discard();
    } catch (error) {
      this.log.warn({ err: error }, 'a temporary media file could not be removed');
    }
  }

  /** Reads the body to its end. @returns what went wrong, or null */
  private parseMultipart(request: Request, response: Response): Promise<unknown> {
    if (Number(request.headers['content-length']) > MAX_MULTIPART_BYTES) return Promise.resolve(new EndlessBodyError());
    return new Promise((resolve) => {
      // Once an answer is out (408 to a sender that stands still, 400 to one that hangs up) Node no longer tells the
      // request that its connection is gone, and the parser would wait for ever.
      const giveUp = (): void => void request.destroy();
      const finish = (error: unknown): void => {
        stopMeter();
        response.off('close', giveUp);
        resolve(error);
      };
      const stopMeter = meterBody(request, MAX_MULTIPART_BYTES, finish);
      response.once('close', giveUp);
      void this.parse(request, response, (error?: unknown) => finish(error ?? null));
    });
  }
}

/** Where a request carries its progress. A property rather than a WeakMap, which makes every collection slower. */
const PROGRESS = Symbol('upload progress');

function progressOf(request: Request & { [PROGRESS]?: UploadProgress }): UploadProgress {
  return (request[PROGRESS] ??= { fileFields: MEDIA_FILE, file: null, seenIn: null, left: false, faults: {} });
}

/** The field of a form that knows one only. */
function onlyField(fields: FileFields): string | undefined {
  const [first, second] = Object.keys(fields);
  return second === undefined ? first : undefined;
}

/** What tells this form from another under the same `Idempotency-Key`. */
function factsOf({ fields, file, faults }: MediaForm) {
  const files = file ? [{ field: file.fieldName, name: file.originalName, sha256: file.sha256 }] : [];
  return { fields, files, faults };
}

function merged(first: FieldErrors, second: FieldErrors): FieldErrors {
  for (const [field, messages] of Object.entries(second)) {
    for (const message of messages) addFault(first, field, message);
  }
  return first;
}
