/** What one webhook body says, item by item. Nothing here is believed before it was routed (processing/routes.ts). */

/** Statuses that WhatsApp reports of a message. */
export const REPORTED_STATUSES = ['sent', 'delivered', 'read', 'played', 'failed'] as const;
export type ReportedStatus = (typeof REPORTED_STATUSES)[number];

interface Item {
  /** Where it stands in the body, such as `entry.0.changes.0.statuses.12`. */
  readonly at: string;
  /** WhatsApp Business account id (`entry.id`). */
  readonly wabaId: string;
}

/** Why WhatsApp did not deliver. */
export interface ReportedError {
  readonly code: number;
  readonly title: string;
  readonly details: string | null;
}

export interface StatusItem extends Item {
  readonly kind: 'status';
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly status: ReportedStatus;
  /** Null when the body does not say. */
  readonly occurredAt: Date | null;
  /** Our own `m=<message id>;a=<attempt>`, when the send carried it. */
  readonly attempt: { readonly messageId: number; readonly attemptNo: number } | null;
  readonly error: ReportedError | null;
}

/** The person who wrote. At least one of `phone` and `userId` is there. */
export interface Sender {
  /** Digits, country code first. */
  readonly phone: string | null;
  /** Business-scoped user id. */
  readonly userId: string | null;
  readonly profileName: string | null;
}

export interface MessageItem extends Item {
  readonly kind: 'message';
  readonly phoneNumberId: string;
  readonly wamid: string;
  readonly sender: Sender;
  /** WhatsApp's time of the message, whole seconds. Null when the body does not say. */
  readonly sentAt: Date | null;
  readonly type: string;
  /** What a person reads. */
  readonly body: string | null;
  /** The message object without id, address and time, as jsonb text. */
  readonly content: string;
  readonly replyToWamid: string | null;
  /** Who the sender is from now on, when the message says that number or user id changed. */
  readonly becomes: { readonly phone: string | null; readonly userId: string | null } | null;
  /** Why WhatsApp could not hand the message over as it was sent (`unsupported`). */
  readonly error: ReportedError | null;
  /** What the customer wrote or tapped, when it can be a word that opts out or in. */
  readonly word: string | null;
  /** The file that WhatsApp keeps for us. */
  readonly media: ReportedMedia | null;
}

/** A file that a customer sent, as the webhook names it. */
export interface ReportedMedia {
  /** WhatsApp's id; good for 7 days. */
  readonly id: string;
  readonly filename: string | null;
}

/** A customer's word to WhatsApp about marketing messages of this business. */
export interface PreferenceItem extends Item {
  readonly kind: 'preference';
  readonly phoneNumberId: string;
  readonly phone: string | null;
  readonly userId: string | null;
  readonly marketingStopped: boolean;
  /** Null when the body does not say. */
  readonly occurredAt: Date | null;
}

/** The account may no longer be used through us. */
export interface AccountPauseItem extends Item {
  readonly kind: 'account_pause';
  readonly event: string;
}

export interface NumberLimitsItem extends Item {
  readonly kind: 'number_limits';
  readonly displayPhoneNumber: string;
  readonly throughputUpgraded: boolean;
  readonly messagingLimitTier: string | null;
}

/** The messaging limit of the portfolio that the account belongs to. */
export interface PortfolioLimitItem extends Item {
  readonly kind: 'portfolio_limit';
  readonly messagingLimitTier: string;
}

/** What the template is called in the body; either name and language or the id may be missing. */
export interface TemplateItem extends Item {
  readonly templateId: string | null;
  readonly name: string | null;
  readonly language: string | null;
}

export interface TemplateStatusItem extends TemplateItem {
  readonly kind: 'template_status';
  readonly status: string;
}

export interface TemplateQualityItem extends TemplateItem {
  readonly kind: 'template_quality';
  readonly quality: string;
}

export interface TemplateCategoryItem extends TemplateItem {
  readonly kind: 'template_category';
  readonly category: string;
}

/** A button of an edited template. */
export interface ReportedButton {
  /** Such as URL, QUICK_REPLY, PHONE_NUMBER, OTP. */
  readonly type: string;
  readonly text: string;
  readonly url: string | null;
  readonly phoneNumber: string | null;
}

/** What an edited template says now. Without a text header, a footer, or buttons that open something: null. */
export interface ReportedParts {
  readonly header: string | null;
  readonly body: string;
  readonly footer: string | null;
  readonly buttons: readonly ReportedButton[] | null;
}

export interface TemplateComponentsItem extends TemplateItem {
  readonly kind: 'template_components';
  readonly parts: ReportedParts;
}

export type AccountItem =
  | AccountPauseItem
  | NumberLimitsItem
  | PortfolioLimitItem
  | TemplateStatusItem
  | TemplateQualityItem
  | TemplateCategoryItem
  | TemplateComponentsItem;
export type WebhookItem = StatusItem | MessageItem | PreferenceItem | AccountItem;

/** An item that could not be read or applied. Holds nothing of the item's text. */
export interface ItemFault {
  readonly at: string;
  readonly kind: string;
  readonly reason: string;
}

/** Faults of one body that are recorded with their place; the others are only counted. */
export const FAULTS_KEPT = 20;

/** A body taken apart: `items` to apply, `faults` to record (the first few), `ignored` to count by kind. */
export interface ParsedBody {
  readonly items: WebhookItem[];
  readonly faults: ItemFault[];
  readonly faultCount: number;
  readonly ignored: Map<string, number>;
}
