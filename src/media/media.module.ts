import { Module } from '@nestjs/common';
import { Settings } from '../platform/config/settings.js';
import { HostAddresses } from '../platform/public-hosts/host-addresses.js';
import { MediaCollector } from './collector/media-collector.js';
import { WebpConverter } from './convert/webp-converter.js';
import { MediaDownload } from './fetch/media-download.js';
import { MediaIntake } from './media-intake.js';
import { MediaLinks } from './media-links.js';
import { MediaRepository } from './media-repository.js';
import { MediaController } from './serving/media.controller.js';
import { LocalMediaStore } from './storage/local-media-store.js';
import { MediaStore } from './storage/media-store.js';
import { S3MediaStore } from './storage/s3-media-store.js';
import { TempFiles } from './temp-files.js';
import { MediaUploadInterceptor } from './upload/media-upload.interceptor.js';

const mediaStore = {
  provide: MediaStore,
  inject: [Settings, TempFiles],
  useFactory: (settings: Settings, tempFiles: TempFiles): MediaStore =>
    settings.MEDIA_STORAGE === 's3' ? new S3MediaStore(settings) : new LocalMediaStore(settings, tempFiles),
};

/** Media: taking files in, keeping them, serving them, and collecting what nothing refers to. */
@Module({
  controllers: [MediaController],
  providers: [
    mediaStore,
    HostAddresses,
    MediaCollector,
    MediaDownload,
    MediaIntake,
    MediaLinks,
    MediaRepository,
    MediaUploadInterceptor,
    TempFiles,
    WebpConverter,
  ],
  exports: [MediaIntake, MediaLinks, MediaStore, MediaUploadInterceptor, TempFiles],
})
export class MediaModule {}
