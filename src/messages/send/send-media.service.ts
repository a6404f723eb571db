import { Injectable } from '@nestjs/common';
import { MediaIntake } from '../../media/media-intake.js';
import { isMediaType } from '../../media/media-types.js';
import type { PreparedMedia } from '../../media/prepared-media.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import { mergeFaults, validationError } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import { MAX_CAPTION, SendMediaDto } from '../dto/send-media.dto.js';
import type { SentMediaDto } from '../dto/sent-media.dto.js';
import { requirePossibleContact, type SendContext } from './send.service.js';
import { SendWithFileService } from './send-with-file.service.js';

/** Sends an image, video, audio or document: checks it, stores file and message, and waits for WhatsApp's answer. */
@Injectable()
export class SendMediaService {
  constructor(
    private readonly intake: MediaIntake,
    private readonly sends: SendWithFileService,
  ) {}

  /**
   * @throws ApiError 422 naming every wrong field, 404, 403 or 422 when the message may not be sent (nothing is kept
   * then), 500 MESSAGE_SEND_FAILED when WhatsApp refused it
   */
  async send(form: MediaForm, context: SendContext): Promise<SentMediaDto> {
    const dto = await this.check(form);
    const prepared = await this.prepare(context.tenantId, dto, form);
    const content = {
      type: dto.media_type,
      text: dto.caption ?? null,
      textField: 'caption',
      textLimit: MAX_CAPTION,
      content: {},
    };
    const accepted = await this.sends.accept(dto, content, prepared, context, (sent, { text: caption }, url) => ({
      ...sent,
      media_type: dto.media_type,
      media_url: url,
      caption,
      filename: dto.media_type === 'document' || dto.filename !== undefined ? prepared.filename : null,
    }));
    return accepted.answer();
  }

  /** The form's fields and its file, with every fault of both named at once. */
  private async check(form: MediaForm): Promise<SendMediaDto> {
    const { instance: dto, faults } = await checkDto(SendMediaDto, form.fields);
    mergeFaults(faults, form.faults);
    if (dto.media_type === 'audio' && dto.caption !== undefined) {
      mergeFaults(faults, { caption: ['The caption field must not be given for audio.'] });
    }
    const url = dto.media_url !== undefined;
    if (form.file && url) {
      mergeFaults(faults, { media_url: ['Give either media_file or media_url, not both.'] });
    } else if (!form.file && !url && !faults.media_file && !faults.media_url) {
      mergeFaults(faults, { media_file: ['A media_file or a media_url is required.'] });
    }
    if (form.file && isMediaType(dto.media_type)) {
      mergeFaults(faults, await this.intake.faultsOf(dto.media_type, form.file));
    }
    if (Object.keys(faults).length > 0) throw validationError(faults);
    requirePossibleContact(dto);
    return dto;
  }

  private prepare(tenantId: number, dto: SendMediaDto, form: MediaForm): Promise<PreparedMedia> {
    if (form.file) return this.intake.fromUpload(tenantId, dto.media_type, form.file, dto.filename);
    return this.intake.fromUrl(tenantId, dto.media_type, dto.media_url ?? '', dto.filename);
  }
}
