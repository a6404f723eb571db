import type { FieldErrors } from '../platform/http/api-error.js';
import { type Condition, parseConditions, type WrittenCondition } from './mapping/conditions.js';
import { isPathText, type MappedText, parseMappedText } from './mapping/mapped-text.js';
import { type Mapping, MAX_ALTERNATIVES, parseMapping, type WrittenMapping } from './mapping/mapping.js';

/** What sends the webhooks, and so how they are signed and how a repeat is told. */
export const LISTENER_KINDS = ['woocommerce', 'shopify', 'generic'] as const;
export type ListenerKind = (typeof LISTENER_KINDS)[number];

/** Longest `once_per`, and each text of `default_country`. */
export const MAX_RULE_TEXT = 300;

/** Longest `delay_minutes`. */
export const MAX_DELAY_MINUTES = 1440;

/** What listeners' secrets are encrypted for. */
export const STORE_SECRET_CONTEXT = 'store_listeners.secret_encrypted';

/** `default_country`: a country, or where the payload says it; of several the first that is found counts. */
export type WrittenCountry = string | readonly string[] | null;

/** What a tenant says of a listener, checked. */
export interface ListenerValues {
  readonly kind: ListenerKind;
  readonly name: string;
  readonly template_name: string;
  readonly language: string;
  readonly mapping: WrittenMapping;
  readonly conditions: readonly WrittenCondition[];
  readonly once_per: string | null;
  readonly default_country: WrittenCountry;
  /** How long a payload waits before it is worked off. */
  readonly delay_minutes: number;
  readonly enabled: boolean;
}

/** A row of `store_listeners`. */
export interface ListenerRow extends ListenerValues {
  readonly id: number;
  readonly tenant_id: number;
  readonly key: string;
  readonly secret_encrypted: Buffer | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** What a listener does with a payload, ready to be applied. */
export interface ListenerRules {
  readonly templateName: string;
  readonly language: string;
  readonly mapping: Mapping;
  readonly conditions: readonly Condition[];
  readonly oncePer: MappedText | null;
  /** A country by its two letters, or where the payload says it; the first that is found counts. */
  readonly defaultCountry: readonly MappedText[];
}

/** The rules of stored values. @throws Error when they are not as they were checked: a fault of the program */
export function rulesOf(values: ListenerValues): ListenerRules {
  const faults: FieldErrors = {};
  const { mapping } = parseMapping(values.mapping, faults);
  const conditions = parseConditions(values.conditions, faults);
  if (Object.keys(faults).length > 0)
    throw new Error(`A stored listener has faults: ${Object.keys(faults).join(', ')}`);
  return {
    templateName: values.template_name,
    language: values.language,
    mapping,
    conditions,
    oncePer: values.once_per === null ? null : textOf(values.once_per),
    defaultCountry: [values.default_country ?? []].flat().map(textOf),
  };
}

function textOf(written: string): MappedText {
  const parsed = parseMappedText(written);
  if ('error' in parsed) throw new Error(`A stored listener has a text that ${parsed.error}`);
  return parsed.text;
}

/** What is wrong with `once_per`: it must be found in the payload, or every payload would count as the same. */
export function faultOfOncePer(written: string): string | undefined {
  const parsed = parseMappedText(written);
  if ('error' in parsed) return parsed.error;
  return parsed.text.some((part) => typeof part !== 'string') ? undefined : 'must have a path, such as $.id';
}

/** Reads `default_country`: a country, or a path to one, or several of these. `isCountry` knows the countries. */
export function readCountry(
  written: unknown,
  isCountry: (text: string) => boolean,
): { readonly country: WrittenCountry } | { readonly error: string } {
  if (written === undefined || written === null) return { country: null };
  const texts: unknown[] = Array.isArray(written) ? written : [written];
  if (texts.length < 1 || texts.length > MAX_ALTERNATIVES)
    return { error: `must have 1 to ${MAX_ALTERNATIVES} alternatives` };
  const read: string[] = [];
  for (const text of texts) {
    if (typeof text !== 'string') return { error: 'must be a text, or a list of texts' };
    const error = faultOfCountry(text, isCountry);
    if (error !== undefined) return { error };
    read.push(text);
  }
  return { country: typeof written === 'string' ? written : read };
}

function faultOfCountry(text: string, isCountry: (text: string) => boolean): string | undefined {
  if (text.length > MAX_RULE_TEXT) return `must not be longer than ${MAX_RULE_TEXT} characters`;
  if (!isPathText(text))
    return isCountry(text) ? undefined : 'must be a country as two capital letters (ISO 3166-1), or a path to one';
  const parsed = parseMappedText(text);
  return 'error' in parsed ? parsed.error : undefined;
}
