import { reportedTier } from '../../connection/messaging-tier.js';
import type { AccountItem, ReportedButton, ReportedParts } from './items.js';
import { id, list, record, text, type JsonRecord } from './json.js';

/** Template events and the status they leave the template in. FLAGGED and LOCKED leave it as it is. */
const TEMPLATE_STATUS: Readonly<Record<string, string>> = {
  APPROVED: 'APPROVED',
  ARCHIVED: 'ARCHIVED',
  UNARCHIVED: 'APPROVED',
  DELETED: 'DELETED',
  DISABLED: 'DISABLED',
  IN_APPEAL: 'IN_APPEAL',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  PAUSED: 'PAUSED',
  PENDING: 'PENDING',
  PENDING_DELETION: 'PENDING_DELETION',
  REINSTATED: 'APPROVED',
  REJECTED: 'REJECTED',
};

/** `account_update` events after which nothing can be sent for the account any more. */
const PAUSING_EVENTS = new Set(['ACCOUNT_DELETED', 'ACCOUNT_OFFBOARDED', 'PARTNER_APP_UNINSTALLED', 'PARTNER_REMOVED']);

type Parser = (value: JsonRecord, at: string, wabaId: string) => AccountItem | null;

const PARSERS: Readonly<Record<string, Parser>> = {
  account_update: parseAccountUpdate,
  phone_number_quality_update: parseNumberLimits,
  business_capability_update: parseCapability,
  message_template_status_update: parseTemplateChange,
  message_template_quality_update: parseTemplateChange,
  template_category_update: parseTemplateChange,
  message_template_components_update: parseTemplateChange,
};

/** One change of an account-level field; null when it is of no concern to us. */
export function parseAccountChange(field: string, value: unknown, at: string, wabaId: string): AccountItem | null {
  const parser = Object.hasOwn(PARSERS, field) ? PARSERS[field] : undefined;
  const object = record(value);
  return parser && object ? parser(object, at, wabaId) : null;
}

function parseAccountUpdate(value: JsonRecord, at: string, wabaId: string): AccountItem | null {
  const event = text(value.event);
  if (event !== null && PAUSING_EVENTS.has(event)) return { kind: 'account_pause', at, wabaId, event };
  if (event === 'DISABLED_UPDATE' && record(value.ban_info)?.waba_ban_state === 'DISABLE') {
    return { kind: 'account_pause', at, wabaId, event };
  }
  // The other restrictions (templates of a category, adding numbers) still let replies out.
  const blocksReplies = list(value.restriction_info).some(
    (restriction) => record(restriction)?.restriction_type === 'RESTRICTED_CUSTOMER_INITIATED_MESSAGING',
  );
  return event === 'ACCOUNT_RESTRICTION' && blocksReplies ? { kind: 'account_pause', at, wabaId, event } : null;
}

/** Throughput and tier of one number, which is named by its display number only. */
function parseNumberLimits(value: JsonRecord, at: string, wabaId: string): AccountItem | null {
  const displayPhoneNumber = text(value.display_phone_number);
  if (!displayPhoneNumber) return null;
  const tier = reportedTier(value.max_daily_conversations_per_business) ?? reportedTier(value.current_limit);
  return {
    kind: 'number_limits',
    at,
    wabaId,
    displayPhoneNumber,
    throughputUpgraded: value.event === 'THROUGHPUT_UPGRADE',
    messagingLimitTier: tier,
  };
}

/** The tier of the portfolio. */
function parseCapability(value: JsonRecord, at: string, wabaId: string): AccountItem | null {
  const messagingLimitTier = reportedTier(value.max_daily_conversations_per_business);
  return messagingLimitTier === null ? null : { kind: 'portfolio_limit', at, wabaId, messagingLimitTier };
}

/**
 * Status and quality changes come under either field: the keys tell them apart. A category that WhatsApp only announces
 * (`correct_category`, some days ahead) changes nothing yet.
 */
function parseTemplateChange(value: JsonRecord, at: string, wabaId: string): AccountItem | null {
  const template = {
    at,
    wabaId,
    templateId: id(value.message_template_id, 64),
    name: text(value.message_template_name),
    language: text(value.message_template_language),
  };
  if (!template.templateId && !(template.name && template.language)) return null;
  const quality = text(value.new_quality_score);
  if (quality !== null) return { kind: 'template_quality', ...template, quality };
  const category = text(value.new_category);
  if (category !== null) return { kind: 'template_category', ...template, category };
  const parts = partsOf(value);
  if (parts !== null) return { kind: 'template_components', ...template, parts };
  const event = text(value.event) ?? '';
  const status = Object.hasOwn(TEMPLATE_STATUS, event) ? TEMPLATE_STATUS[event] : undefined;
  return status ? { kind: 'template_status', ...template, status } : null;
}

/** Null when it names no text: every template has one. */
function partsOf(value: JsonRecord): ReportedParts | null {
  const body = text(value.message_template_element);
  if (body === null) return null;
  return {
    header: text(value.message_template_title),
    body,
    footer: text(value.message_template_footer),
    buttons:
      value.message_template_buttons === undefined ? null : list(value.message_template_buttons).flatMap(buttonOf),
  };
}

function buttonOf(value: unknown): ReportedButton[] {
  const button = record(value) ?? {};
  const type = text(button.message_template_button_type);
  if (type === null) return [];
  return [
    {
      type,
      text: text(button.message_template_button_text) ?? '',
      url: text(button.message_template_button_url),
      phoneNumber: text(button.message_template_button_phone_number),
    },
  ];
}
