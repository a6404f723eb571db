import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { ReadsBody } from '../../platform/http/decorators.js';
import type { Request } from 'express';
import { FILE_FIELDS, type FileFields, MEDIA_FILE } from './file-fields.js';
import { MediaUploadInterceptor } from './media-upload.interceptor.js';
import type { MediaForm } from './uploaded-file.js';

/**
 * Reads the body of a media request, multipart (with one file, in one of `fileFields`), JSON or urlencoded, before the
 * handler runs, and removes whatever temporary file it left once the handler is done, however it ends.
 */
export const MediaUpload = (fileFields: FileFields = MEDIA_FILE): MethodDecorator =>
  applyDecorators(
    ReadsBody('multipart'),
    SetMetadata(FILE_FIELDS, fileFields),
    UseInterceptors(MediaUploadInterceptor),
  );

/** The {@link MediaForm} that {@link MediaUpload} read. */
export const UploadedMedia = createParamDecorator((_data: unknown, context: ExecutionContext): MediaForm => {
  const form = context.switchToHttp().getRequest<Request & { mediaForm?: MediaForm }>().mediaForm;
  if (!form) throw new Error('@UploadedMedia() needs @MediaUpload() on the same handler');
  return form;
});
