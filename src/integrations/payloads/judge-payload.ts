import { hash } from 'node:crypto';
import type { FieldErrors } from '../../platform/http/api-error.js';
import { isPhoneCountry, parseLocalPhone } from '../../platform/phone/local-phone.js';
import { unmetCondition, type WrittenCondition } from '../mapping/conditions.js';
import { fillMappedText, type FilledText } from '../mapping/mapped-text.js';
import { applyMapping, firstFound, type MappedField } from '../mapping/mapping.js';
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
  /** Why nothing can be sent, by field. */
  readonly faults: FieldErrors;
  /** What of the contact cannot be taken, by field; nobody misses a message for that. */
  readonly contactFaults: FieldErrors;
  /** What may lead to one message only; null when the listener has no `once_per`, or the payload nothing for it. */
  readonly once: string | null;
}

const OF_CONTACT = 'contact.';

/** Applies a listener's conditions and mapping to a payload. The same for a delivery and a dry run. */
export function judgePayload(rules: ListenerRules, payload: unknown): Judgement {
  const mapped = applyMapping(rules.mapping, payload);
  const contact: Record<string, string> = {};
  const fields: Record<string, string> & Judgement['fields'] = {
    template_name: rules.templateName,
    language: rules.language,
  };
  const faults: FieldErrors = {};
  const contactFaults: FieldErrors = {};
  for (const { field, value, error } of mapped) {
    const ofContact = field.startsWith(OF_CONTACT);
    if (error !== undefined) (ofContact ? contactFaults : faults)[field] = [`${field} ${error}.`];
    if (value === null) continue;
    if (ofContact) contact[field.slice(OF_CONTACT.length)] = value;
    else fields[field] = value;
  }
  const phone = phoneOf(fields.phone, rules, payload);
  if ('digits' in phone) fields.phone = phone.digits;
  else faults.phone ??= [phone.error];
  const once = rules.oncePer ? fillMappedText(rules.oncePer, payload) : undefined;
  if (once && 'error' in once) faults.once_per = [`once_per ${once.error}.`];
  return {
    unmet: unmetCondition(rules.conditions, payload)?.written,
    mapped,
    fields,
    contact,
    phone: 'digits' in phone ? phone.digits : null,
    faults,
    contactFaults,
    once: valueOf(once) ?? null,
  };
}

const valueOf = (filled: FilledText | undefined): string | undefined =>
  filled && 'value' in filled ? filled.value : undefined;

function phoneOf(
  written: string | undefined,
  { defaultCountry }: ListenerRules,
  payload: unknown,
): { readonly digits: string } | { readonly error: string } {
  if (written === undefined) return { error: 'The mapping finds no phone in the payload.' };
  const country = valueOf(firstFound(defaultCountry, payload))?.toUpperCase();
  const phone = parseLocalPhone(written, country);
  if ('digits' in phone) return phone;
  // What the payload calls a country may be anything, of any length.
  const of = country !== undefined && isPhoneCountry(country) ? ` of ${country}` : '';
  return { error: `The phone that the mapping finds is no phone number${of}: it ${phone.error}.` };
}

/** What tells whether a message was sent for the same already. */
export const onceHashOf = (once: string): Buffer => hash('sha256', once, 'buffer');
