import { Module } from '@nestjs/common';
import { MediaIntake } from './media-intake.js';
import { MediaLinks } from './media-links.js';
import { MediaUploadInterceptor } from './upload/media-upload.interceptor.js';

/** Media: taking files in, keeping them, serving them, and collecting what nothing refers to. */
@Module({
  providers: [MediaIntake, MediaLinks, MediaUploadInterceptor],
  exports: [MediaIntake, MediaLinks, MediaUploadInterceptor],
})
export class MediaModule {}
