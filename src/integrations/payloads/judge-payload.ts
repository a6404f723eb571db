import { hash } from 'node:crypto';
import type { FieldErrors } from '../../platform/http/api-error.js';
import { parseLocalPhone } from '../../platform/phone/local-phone.js';
import { unmetCondition, type WrittenCondition } from '../mapping/conditions.js';
import { fillMappedText } from '../mapping/mapped-text.js';
import { applyMapping, type MappedField } from '../mapping/mapping.js';
import type { ListenerRules } from '../store-listener.js';

/** What a listener's rules make of a payload, before anything of the account is looked at. */
export interface Judgement {
  /** The first condition that does not hold. */
  readonly unmet: WrittenCondition | undefined;
  /** What the mapping found. */
  readonly mapped: readonly MappedField[];
  /** Fields of `POST /messages/template`. */
  readonly fields: Readonly<Record<string, string>> & { readonly template_name: string; readonly language: string };
  /** Its `contact`. */
  readonly contact: Readonly<Record<string, string>>;
  /** Digits; null when the payload gives no phone. */
  readonly phone: string | null;
  /** Why not, by field. */
  readonly faults: FieldErrors;
  /** What may lead to one message only; null when the listener has no `once_per`, or the payload nothing for it. */
  readonly once: string | null;
}

const OF_CONTACT = 'contact.';

/** Applies a listener's conditions and mapping to a payload. The same for a delivery and a dry run. */
export function judgePayload(rules: ListenerRules, payload: unknown): Judgement {
  const mapped = applyMapping(rules.mapping, payload);
  const found = new Map(mapped.flatMap(({ field, value }) => (value === null ? [] : [[field, value] as const])));
  const phone = phoneOf(found.get('phone'), rules, payload);
  const contact: Record<string, string> = {};
  const fields: Record<string, string> & Judgement['fields'] = {
    template_name: rules.templateName,
    language: rules.language,
  };
  for (const [field, value] of found) {
    if (field.startsWith(OF_CONTACT)) contact[field.slice(OF_CONTACT.length)] = value;
    else fields[field] = value;
  }
  if ('digits' in phone) fields.phone = phone.digits;
  return {
    unmet: unmetCondition(rules.conditions, payload)?.written,
    mapped,
    fields,
    contact,
    phone: 'digits' in phone ? phone.digits : null,
    faults: 'digits' in phone ? {} : { phone: [phone.error] },
    once: (rules.oncePer && fillMappedText(rules.oncePer, payload)) ?? null,
  };
}

function phoneOf(
  written: string | undefined,
  { defaultCountry }: ListenerRules,
  payload: unknown,
): { readonly digits: string } | { readonly error: string } {
  if (written === undefined) return { error: 'The mapping finds no phone in the payload.' };
  const country = defaultCountry ? fillMappedText(defaultCountry, payload)?.toUpperCase() : undefined;
  const phone = parseLocalPhone(written, country);
  if ('digits' in phone) return phone;
  const of = country === undefined ? '' : ` of ${country}`;
  return { error: `The phone that the mapping finds is no phone number${of}: it ${phone.error}.` };
}

/** What tells whether a message was sent for the same already. */
export const onceHashOf = (once: string): Buffer => hash('sha256', once, 'buffer');
