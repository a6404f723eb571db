import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  requirePossibleContact,
  type SendContent,
  type SendContext,
  SendService,
} from '../messages/send/send.service.js';
import { templateContent } from '../messages/send/template-content.js';
import { Encryption } from '../platform/crypto/encryption.js';
import { Postgres } from '../platform/database/postgres.js';
import { type FieldErrors, mergeFaults, rateLimitExceeded, validationError } from '../platform/http/api-error.js';
import { timestamp } from '../platform/http/timestamp.js';
import { checkDto } from '../platform/http/validation/validate-dto.js';
import { missingValues } from '../templates/sending/missing-values.js';
import type { TemplateToSend } from '../templates/sending/render-template.js';
import { SendableTemplates, type TemplateFound } from '../templates/sending/sendable-templates.js';
import { CodeHashes } from './code-hashes.js';
import { codeValues, faultsOfCodeTemplate, underOurNames } from './code-template.js';
import { DEFAULT_LANGUAGE, ResendOtpDto } from './dto/resend-otp.dto.js';
import { SendOtpDto } from './dto/send-otp.dto.js';
import type { SentOtpDto } from './dto/sent-otp.dto.js';
import { DEFAULT_PURPOSE, EXPIRY_MINUTES, randomCode } from './one-time-code.js';
import { OtpMetrics } from './otp-metrics.js';
import { waitOf } from './store/phone-limits.js';
import type { NewOneTimeCode } from './store/store-codes.js';

/** Which of the two endpoints sends. */
type Action = NewOneTimeCode['action'];

interface TenantSettings {
  max_attempts: number;
  code_length: number;
}

interface CheckedSend {
  readonly dto: ResendOtpDto;
  readonly send: TemplateToSend;
  readonly code: string;
  readonly maxAttempts: number;
}

/**
 * Sends one-time codes: each by an authentication template, as the outbound path sends everything. The code counts from
 * the moment in which its message is stored; both are stored together, or neither.
 */
@Injectable()
export class SendOtpService {
  constructor(
    private readonly postgres: Postgres,
    private readonly templates: SendableTemplates,
    private readonly sends: SendService,
    private readonly hashes: CodeHashes,
    private readonly encryption: Encryption,
    private readonly metrics: OtpMetrics,
  ) {}

  /**
   * Sends the caller's own code, or random digits.
   * @throws ApiError 429 when the phone's limit is reached, 422 naming every wrong field, 403 or 404 when the message
   * may not be sent (nothing is stored then), 500 MESSAGE_SEND_FAILED when WhatsApp refused it
   */
  send(body: unknown, context: SendContext): Promise<SentOtpDto> {
    return this.metrics.ofSend(context.tenantId, 'send', () => this.run('send', body, context));
  }

  /** The same with random digits, under the limit of resends. @throws ApiError as {@link send} */
  resend(body: unknown, context: SendContext): Promise<SentOtpDto> {
    return this.metrics.ofSend(context.tenantId, 'resend', () => this.run('resend', body, context));
  }

  private async run(action: Action, body: unknown, context: SendContext): Promise<SentOtpDto> {
    const { dto, send, code, maxAttempts } = await this.check(action, body, context.tenantId);
    const { tenantId } = context;
    const { phone, purpose = DEFAULT_PURPOSE, expiry_minutes: minutes = EXPIRY_MINUTES.usual } = dto;
    const id = randomUUID();
    const hash = this.hashes.of({ tenantId, phone, purpose, id }, code);
    const expiresInS = minutes * 60;
    const oneTimeCode: NewOneTimeCode = { id, hash, phone, purpose, expiresInS, maxAttempts, action };
    const { contact_id, from, reply_to, contact } = dto;
    return this.sends.send(
      { phone, contact_id, from, reply_to, contact, expires_in: expiresInS },
      { ...this.contentOf(send), oneTimeCode },
      context,
      (sent, { codeExpiresAt }) => ({
        ...sent,
        template_name: send.name,
        language: send.language,
        code_sent: true,
        expiry_minutes: minutes,
        expires_at: timestamp(required(codeExpiresAt)),
      }),
    );
  }

  private async check(action: Action, body: unknown, tenantId: number): Promise<CheckedSend> {
    const { instance: dto, faults } = await checkDto(action === 'send' ? SendOtpDto : ResendOtpDto, body);
    if (!faults.phone) await this.requireRoom(action, tenantId, dto.phone);
    const found = await this.findTemplate(dto, faults, tenantId);
    if (found?.faults) mergeFaults(faults, found.faults);
    if (!found?.template) throw validationError(faults);
    const { template } = found;
    mergeFaults(faults, faultsOfCodeTemplate(template));
    const settings = await this.settingsOf(tenantId);
    const code = (dto instanceof SendOtpDto ? dto.code : undefined) ?? randomCode(settings.code_length);
    const given = codeValues(code, dto.expiry_minutes ?? EXPIRY_MINUTES.usual, dto.additional_params ?? []);
    // What was given wrongly is not missing, too.
    if (Object.keys(faults).length === 0) {
      mergeFaults(faults, underOurNames(missingValues(template.definition, template.category, given)));
    }
    if (Object.keys(faults).length > 0) throw validationError(faults);
    requirePossibleContact(dto);
    found.requireFeature();
    return { dto, send: { ...template, given }, code, maxAttempts: settings.max_attempts };
  }

  /** A look without a lock: who comes at the same moment is told apart when the code is stored. */
  private async requireRoom(action: Action, tenantId: number, phone: string): Promise<void> {
    const wait = await waitOf(this.postgres, { tenantId, phone, action });
    if (wait !== null) throw rateLimitExceeded(wait);
  }

  /** Undefined when what names the template is wrong itself. */
  private async findTemplate(
    dto: ResendOtpDto,
    faults: FieldErrors,
    tenantId: number,
  ): Promise<TemplateFound | undefined> {
    if (faults.template_name ?? faults.language ?? faults.from) return undefined;
    const { from, template_name: name, language = DEFAULT_LANGUAGE } = dto;
    return this.templates.find({ tenantId, from, name, language });
  }

  private async settingsOf(tenantId: number): Promise<TenantSettings> {
    const [settings] = await this.postgres.query<TenantSettings>(
      'otp_settings',
      'SELECT otp_max_attempts AS max_attempts, otp_code_length AS code_length FROM tenants WHERE id = $1',
      [tenantId],
    );
    return required(settings);
  }

  private contentOf(send: TemplateToSend): Omit<SendContent, 'media'> {
    const content = templateContent(send, this.encryption);
    return {
      ...content,
      render: (merge) => {
        const rendered = required(content.render)(merge);
        return 'faults' in rendered ? { faults: underOurNames(rendered.faults) } : rendered;
      },
    };
  }
}

function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('A one-time code lacks what every one has');
  return value;
}
