import { Injectable } from '@nestjs/common';
import { MediaIntake } from '../../media/media-intake.js';
import { MediaLinks } from '../../media/media-links.js';
import type { PreparedMedia } from '../../media/prepared-media.js';
import { isServerError } from '../../platform/database/database-errors.js';
import { ApiError } from '../../platform/http/api-error.js';
import { Log } from '../../platform/logging/log.js';
import type { SendDto } from '../dto/send.dto.js';
import type { SentDto } from '../dto/sent.dto.js';
import { type Accepted, type Present, type SendContent, type SendContext, SendService } from './send.service.js';

/** Accepts a message that has a file, and lets go of the file when the message is refused. */
@Injectable()
export class SendWithFileService {
  constructor(
    private readonly intake: MediaIntake,
    private readonly links: MediaLinks,
    private readonly sends: SendService,
    private readonly log: Log,
  ) {}

  /**
   * `url`, which `present` is given, is the public address of the file.
   * @throws ApiError as {@link SendService.accept}
   */
  async accept<T extends SentDto>(
    dto: SendDto,
    content: Omit<SendContent, 'media'>,
    file: PreparedMedia,
    context: SendContext,
    present: (...answered: [...Parameters<Present<T>>, url: string]) => T,
  ): Promise<Accepted<T>> {
    const publicId = this.links.newPublicId();
    const url = this.links.url(publicId, file.filename);
    try {
      const media = { ...file, publicId };
      const result = await this.sends.accept(dto, { ...content, media }, context, (sent, stored) =>
        present(sent, stored, url),
      );
      await this.settle(file, result.accepted.mediaStorageKey);
      return result;
    } catch (error) {
      // Only when nothing was stored for certain; after a lost connection the collector finds out.
      if (error instanceof ApiError || isServerError(error)) await this.settle(file, null);
      throw error;
    }
  }

  /** The message is decided by now: a file that cannot be removed is the collector's, not the caller's. */
  private async settle(file: PreparedMedia, keptStorageKey: string | null): Promise<void> {
    try {
      await this.intake.settle(file, keptStorageKey);
    } catch (error) {
      this.log.warn({ err: error, tenant_id: file.tenantId }, 'a surplus media file could not be removed');
    }
  }
}
