import { isFields } from '../definition/template-definition.js';

/** A value of a header's or body's variable; `name` in templates with named ones. */
export interface StoredParameter {
  readonly text: string;
  readonly name?: string;
}

export type StoredHeader =
  | ({ readonly kind: 'text' } & StoredParameter)
  | { readonly kind: 'image' | 'video' | 'document' }
  | {
      readonly kind: 'location';
      readonly latitude: number;
      readonly longitude: number;
      readonly name?: string;
      readonly address?: string;
    };

/** The kinds of button that a send gives a value to; an OTP button is a `url`, too. */
export const BUTTON_KINDS = ['quick_reply', 'url', 'copy_code', 'flow'] as const;
export type StoredButtonKind = (typeof BUTTON_KINDS)[number];

export interface StoredButton {
  /** Place among the template's buttons, from 0. */
  readonly index: number;
  readonly kind: StoredButtonKind;
  readonly value: string;
}

/**
 * What a template message stores in `messages.content.template`: all that its payload needs, but for the file. Beside
 * it stands `category`, by which marketing is told from the rest.
 */
export interface StoredTemplate {
  /** templates.id: a paused or disabled template stops its messages. */
  readonly id: number;
  readonly name: string;
  readonly language: string;
  readonly header: StoredHeader | null;
  readonly body: readonly StoredParameter[];
  readonly buttons: readonly StoredButton[];
}

/** What the values of an authentication template are encrypted for, in `messages.content.sealed` (base64). */
export const SEALED_CONTEXT = 'messages.content.sealed';

/** Reads what was stored; null when it is anything else. */
export function readStoredTemplate(value: unknown): StoredTemplate | null {
  if (!isFields(value)) return null;
  const { id, name, language, header, body, buttons } = value;
  if (typeof id !== 'number' || !isText(name) || !isText(language)) return null;
  const readHeader = header === null ? null : readStoredHeader(header);
  const parameters = readAll(body, readParameter);
  const readButtons = readAll(buttons, readButton);
  if (readHeader === undefined || parameters === null || readButtons === null) return null;
  return { id, name, language, header: readHeader, body: parameters, buttons: readButtons };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const optionalText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';

/** Null as soon as one of the members cannot be read. */
function readAll<T>(values: unknown, read: (value: unknown) => T | undefined): T[] | null {
  if (!Array.isArray(values)) return null;
  const all: T[] = [];
  for (const value of values) {
    const one = read(value);
    if (one === undefined) return null;
    all.push(one);
  }
  return all;
}

function readParameter(value: unknown): StoredParameter | undefined {
  if (!isFields(value) || typeof value.text !== 'string' || !optionalText(value.name)) return undefined;
  return { text: value.text, name: value.name };
}

function readStoredHeader(value: unknown): StoredHeader | undefined {
  if (!isFields(value)) return undefined;
  const { kind, latitude, longitude, name, address } = value;
  if (kind === 'image' || kind === 'video' || kind === 'document') return { kind };
  if (kind === 'text') {
    const parameter = readParameter(value);
    return parameter && { kind, ...parameter };
  }
  const numbers = typeof latitude === 'number' && typeof longitude === 'number';
  if (kind !== 'location' || !numbers || !optionalText(name) || !optionalText(address)) return undefined;
  return { kind, latitude, longitude, name, address };
}

function readButton(value: unknown): StoredButton | undefined {
  if (!isFields(value) || typeof value.index !== 'number' || typeof value.value !== 'string') return undefined;
  const kind = BUTTON_KINDS.find((known) => known === value.kind);
  return kind && { index: value.index, kind, value: value.value };
}
