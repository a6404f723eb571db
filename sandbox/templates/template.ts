import { fixedGraphId } from '../world/ids.js';

export type TemplateCategory = 'AUTHENTICATION' | 'MARKETING' | 'UTILITY';
/** WhatsApp, message_template_status_update; only APPROVED can be sent. */
export const TEMPLATE_STATUSES = [
  'APPROVED',
  'PENDING',
  'REJECTED',
  'PAUSED',
  'DISABLED',
  'IN_APPEAL',
  'PENDING_DELETION',
  'DELETED',
  'LIMIT_EXCEEDED',
  'ARCHIVED',
] as const;
export type TemplateStatus = (typeof TEMPLATE_STATUSES)[number];
export type TemplateQuality = 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN';
export type HeaderFormat = 'TEXT' | 'IMAGE' | 'VIDEO' | 'DOCUMENT' | 'LOCATION';
export type ButtonType = 'QUICK_REPLY' | 'URL' | 'PHONE_NUMBER' | 'COPY_CODE' | 'FLOW';

export interface TemplateButton {
  readonly type: ButtonType;
  readonly text: string;
  readonly url?: string;
  readonly phone_number?: string;
  readonly example?: readonly string[];
}

export type TemplateComponent =
  | { readonly type: 'HEADER'; readonly format: HeaderFormat; readonly text?: string; readonly example?: object }
  | {
      readonly type: 'BODY';
      readonly text: string;
      readonly add_security_recommendation?: boolean;
      readonly example?: object;
    }
  | { readonly type: 'FOOTER'; readonly text?: string; readonly code_expiration_minutes?: number }
  | { readonly type: 'BUTTONS'; readonly buttons: readonly TemplateButton[] };

/** What makes a template, without the state it is in. */
export interface TemplateDraft {
  readonly name: string;
  readonly language: string;
  readonly category: TemplateCategory;
  readonly parameterFormat: 'POSITIONAL' | 'NAMED';
  readonly components: readonly TemplateComponent[];
  readonly status: TemplateStatus;
  /** How long WhatsApp tries to deliver; -1: 30 days. */
  readonly messageSendTtlSeconds?: number;
}

/** A message template of an account, unique by (name, language). */
export class Template {
  readonly id: string;
  status: TemplateStatus;
  category: TemplateCategory;
  quality: TemplateQuality = 'UNKNOWN';
  rejectedReason: string | null = null;

  constructor(
    readonly accountId: string,
    readonly draft: TemplateDraft,
  ) {
    this.id = fixedGraphId(`${accountId}/${draft.name}/${draft.language}`);
    this.status = draft.status;
    this.category = draft.category;
  }

  get name(): string {
    return this.draft.name;
  }

  get language(): string {
    return this.draft.language;
  }

  header(): Extract<TemplateComponent, { type: 'HEADER' }> | undefined {
    for (const component of this.draft.components) if (component.type === 'HEADER') return component;
    return undefined;
  }

  bodyText(): string {
    for (const component of this.draft.components) if (component.type === 'BODY') return component.text;
    return '';
  }

  footer(): string | undefined {
    for (const component of this.draft.components) {
      if (component.type !== 'FOOTER') continue;
      if (component.text !== undefined) return component.text;
      return `This code expires in ${component.code_expiration_minutes ?? 10} minutes.`;
    }
    return undefined;
  }

  buttons(): readonly TemplateButton[] {
    for (const component of this.draft.components) if (component.type === 'BUTTONS') return component.buttons;
    return [];
  }

  /** As `GET /{waba_id}/message_templates` shows it. */
  view(): Record<string, unknown> {
    return {
      id: this.id,
      name: this.name,
      language: this.language,
      status: this.status,
      category: this.category,
      parameter_format: this.draft.parameterFormat,
      components: this.draft.components,
      quality_score: { score: this.quality, date: 1_764_000_000 },
      ...(this.draft.messageSendTtlSeconds === undefined
        ? {}
        : { message_send_ttl_seconds: this.draft.messageSendTtlSeconds }),
      ...(this.rejectedReason === null ? {} : { rejected_reason: this.rejectedReason }),
    };
  }
}
