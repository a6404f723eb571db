import { Injectable } from '@nestjs/common';
import { MediaIntake } from '../../media/media-intake.js';
import type { PreparedMedia } from '../../media/prepared-media.js';
import type { MediaForm } from '../../media/upload/uploaded-file.js';
import { Encryption } from '../../platform/crypto/encryption.js';
import { type FieldErrors, mergeFaults, validationError } from '../../platform/http/api-error.js';
import { checkDto } from '../../platform/http/validation/validate-dto.js';
import type { MediaHeaderFormat } from '../../templates/definition/template-definition.js';
import { FILE_FIELDS_OF } from '../../templates/sending/given-values.js';
import { missingValues } from '../../templates/sending/missing-values.js';
import type { TemplateToSend } from '../../templates/sending/render-template.js';
import { SendableTemplates, type TemplateFound } from '../../templates/sending/sendable-templates.js';
import { SendTemplateDto } from '../dto/send-template.dto.js';
import type { SentTemplateDto } from '../dto/sent-template.dto.js';
import type { AcceptedMessage } from '../outbound/outbound-message.js';
import { type Present, requirePossibleContact, type SendContext, SendService } from './send.service.js';
import { SendWithFileService } from './send-with-file.service.js';
import { templateContent } from './template-content.js';
import { codeFaults, fileAddress, givenValues, MEDIA_TYPE_OF } from './template-values.js';

interface CheckedSend {
  readonly dto: SendTemplateDto;
  readonly send: TemplateToSend;
}

/**
 * Sends an approved template: checks what is given against the template as it is stored, renders it with the contact's
 * data, stores it, and waits for WhatsApp's answer.
 */
@Injectable()
export class SendTemplateService {
  constructor(
    private readonly templates: SendableTemplates,
    private readonly intake: MediaIntake,
    private readonly sends: SendService,
    private readonly sendsWithFile: SendWithFileService,
    private readonly encryption: Encryption,
  ) {}

  /**
   * @throws ApiError 422 naming every wrong or missing field, 404, 403 or 422 when the message may not be sent (nothing
   * is kept then), 500 MESSAGE_SEND_FAILED when WhatsApp refused it
   */
  async send(form: MediaForm, context: SendContext): Promise<SentTemplateDto> {
    const { dto, send } = await this.check(form, context.tenantId);
    const file = await this.prepareFile(context.tenantId, { dto, send }, form);
    const content = templateContent(send, this.encryption);
    const present: Present<SentTemplateDto> = (sent) => ({
      ...sent,
      template_name: send.name,
      language: send.language,
    });
    const accepted = file
      ? await this.sendsWithFile.accept(dto, content, file, context, present)
      : await this.sends.accept(dto, content, context, present);
    return accepted.answer();
  }

  /**
   * Finds out what {@link send} would do now, and stores nothing. A file that the form names by its address is not looked
   * at.
   * @returns the text as the recipient would read it, and whom it would reach
   * @throws ApiError as `send`, but for what WhatsApp would say
   */
  async rehearse(form: MediaForm, context: SendContext): Promise<Pick<AcceptedMessage, 'text' | 'phone'>> {
    const { dto, send } = await this.check(form, context.tenantId);
    return this.sends.rehearse(dto, templateContent(send, this.encryption), context);
  }

  /** The fields, the file, and both against the template; every fault is named at once. */
  private async check(form: MediaForm, tenantId: number): Promise<CheckedSend> {
    const { instance: dto, faults } = await checkDto(SendTemplateDto, form.fields);
    mergeFaults(faults, form.faults);
    const found = await this.findTemplate(dto, faults, tenantId);
    if (found?.faults) mergeFaults(faults, found.faults);
    const template = found?.template;
    if (!template) throw validationError(faults);
    const given = givenValues(dto, form);
    // What was given wrongly is not missing, too.
    const wrong = new Set(Object.keys(faults));
    const missing = { ...missingValues(template.definition, template.category, given), ...codeFaults(dto, template) };
    mergeFaults(faults, Object.fromEntries(Object.entries(missing).filter(([field]) => !wrong.has(field))));
    mergeFaults(faults, await this.fileFaults(mediaFormat(template), form));
    if (Object.keys(faults).length > 0) throw validationError(faults);
    requirePossibleContact(dto);
    found.requireFeature();
    return { dto, send: { ...template, given } };
  }

  /** Undefined when what names the template is wrong itself. */
  private async findTemplate(
    dto: SendTemplateDto,
    faults: FieldErrors,
    tenantId: number,
  ): Promise<TemplateFound | undefined> {
    if (faults.template_name ?? faults.language ?? faults.from) return undefined;
    return this.templates.find({ tenantId, from: dto.from, name: dto.template_name, language: dto.language });
  }

  private async fileFaults(format: MediaHeaderFormat | null, { file }: MediaForm): Promise<FieldErrors> {
    if (format === null || file?.fieldName !== FILE_FIELDS_OF[format].file) return {};
    return this.intake.faultsOf(MEDIA_TYPE_OF[format], file);
  }

  /** The header's file, stored; null when the template has none. */
  private async prepareFile(
    tenantId: number,
    { dto, send }: CheckedSend,
    form: MediaForm,
  ): Promise<PreparedMedia | null> {
    const format = mediaFormat(send);
    if (format === null) return null;
    const mediaType = MEDIA_TYPE_OF[format];
    const { url, file } = FILE_FIELDS_OF[format];
    const name = format === 'DOCUMENT' ? dto.header_document_name : undefined;
    if (form.file?.fieldName === file) return this.intake.fromUpload(tenantId, mediaType, form.file, name);
    return this.intake.fromUrl(tenantId, mediaType, fileAddress(dto, format) ?? '', name, url);
  }
}

function mediaFormat({ definition: { header } }: Pick<TemplateToSend, 'definition'>): MediaHeaderFormat | null {
  return header && header.format !== 'TEXT' && header.format !== 'LOCATION' ? header.format : null;
}
