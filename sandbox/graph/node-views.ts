import type { Account } from '../world/account.js';
import type { PhoneNumber } from '../world/phone-number.js';
import { GraphError } from './graph-error.js';

export type View = Record<string, unknown>;

/** From this throughput on a number counts as upgraded (WhatsApp, "Throughput": STANDARD 80, HIGH 1,000). */
const HIGH_THROUGHPUT = 1000;

const TIERS: readonly [number, string][] = [
  [250, 'TIER_250'],
  [2000, 'TIER_2K'],
  [10_000, 'TIER_10K'],
  [100_000, 'TIER_100K'],
];

/** The messaging limit as `whatsapp_business_manager_messaging_limit` names it. */
export function tierName(limit: number | null): string {
  return TIERS.find(([max]) => limit !== null && limit <= max)?.[1] ?? 'TIER_UNLIMITED';
}

const NUMBER_DEFAULTS = [
  'verified_name',
  'code_verification_status',
  'display_phone_number',
  'quality_rating',
  'platform_type',
  'throughput',
  'id',
];

/** `GET /{phone_number_id}`. @throws GraphError 100 for a field that does not exist. */
export function numberView(number: PhoneNumber, fields: readonly string[]): View {
  const all: View = {
    id: number.id,
    verified_name: number.profile.verifiedName,
    code_verification_status: 'VERIFIED',
    display_phone_number: number.profile.displayPhoneNumber,
    quality_rating: number.qualityRating,
    quality_score: { score: number.qualityRating },
    platform_type: 'CLOUD_API',
    throughput: { level: number.throughput.perSecond >= HIGH_THROUGHPUT ? 'HIGH' : 'STANDARD' },
    whatsapp_business_manager_messaging_limit: tierName(number.account.messagingLimit.limit),
    status: number.status,
    name_status: number.nameStatus,
    account_mode: 'LIVE',
    country_dial_code: number.countryCode,
    is_official_business_account: false,
    is_pin_enabled: true,
    webhook_configuration: webhookConfiguration(number),
    health_status: health([
      { entity_type: 'PHONE_NUMBER', id: number.id, can_send_message: canSend(number) },
      { entity_type: 'WABA', id: number.account.id, can_send_message: 'AVAILABLE' },
      { entity_type: 'APP', id: number.account.app.id, can_send_message: 'AVAILABLE' },
    ]),
  };
  return pick(all, fields.length > 0 ? fields : NUMBER_DEFAULTS);
}

/** `GET /{waba_id}`. */
export function accountView(account: Account, fields: readonly string[]): View {
  const all: View = {
    id: account.id,
    name: account.name,
    currency: 'USD',
    timezone_id: '1',
    message_template_namespace: account.id,
    account_review_status: 'APPROVED',
    business_verification_status: 'verified',
    ownership_type: 'SELF',
    owner_business_info: { id: account.businessId, name: account.name },
    status: 'ACTIVE',
    whatsapp_business_manager_messaging_limit: tierName(account.messagingLimit.limit),
    health_status: health([
      { entity_type: 'WABA', id: account.id, can_send_message: 'AVAILABLE' },
      { entity_type: 'APP', id: account.app.id, can_send_message: 'AVAILABLE' },
    ]),
  };
  return pick(all, fields.length > 0 ? fields : ['id', 'name', 'timezone_id', 'message_template_namespace']);
}

/** Only these fields, and always `id`. */
export function pick(all: View, fields: readonly string[]): View {
  const view: View = {};
  for (const field of fields) {
    if (!Object.hasOwn(all, field)) {
      throw new GraphError(100, `Tried accessing nonexisting field (${field})`);
    }
    view[field] = all[field];
  }
  view['id'] = all['id'];
  return view;
}

/** `fields=a,b{c}` → `['a', 'b']`. */
export function readFields(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  return value
    .replace(/\{[^}]*\}/g, '')
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');
}

function canSend(number: PhoneNumber): string {
  return number.status === 'CONNECTED' ? 'AVAILABLE' : 'BLOCKED';
}

function health(entities: { entity_type: string; id: string; can_send_message: string }[]): object {
  const blocked = entities.some((entity) => entity.can_send_message === 'BLOCKED');
  return { can_send_message: blocked ? 'BLOCKED' : 'AVAILABLE', entities };
}

function webhookConfiguration(number: PhoneNumber): object {
  const { account } = number;
  return {
    ...(account.app.callback === null ? {} : { application: account.app.callback.url }),
    ...(account.overrideCallback === null ? {} : { whatsapp_business_account: account.overrideCallback.url }),
    ...(number.overrideCallback === null ? {} : { phone_number: number.overrideCallback.url }),
  };
}
