import { type ParameterFormat, variablesOf } from './template-variables.js';

/** Kinds of header that hold no text. */
export type MediaHeaderFormat = 'IMAGE' | 'VIDEO' | 'DOCUMENT';

export type TemplateHeader =
  | { readonly format: 'TEXT'; readonly text: string; readonly variables: readonly string[] }
  | { readonly format: MediaHeaderFormat | 'LOCATION' };

/** A button as WhatsApp shows it; `index` counts the template's buttons from 0. */
export interface TemplateButton {
  readonly index: number;
  /** QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE, FLOW, OTP, or one that we do not know. */
  readonly type: string;
  readonly text: string;
  /** Of a URL button: fixed, or with one variable at its end. */
  readonly url: string | null;
  readonly variables: readonly string[];
}

/** What a template is made of, read from the components as WhatsApp lists them. */
export interface TemplateDefinition {
  readonly parameterFormat: ParameterFormat;
  readonly header: TemplateHeader | null;
  readonly body: { readonly text: string; readonly variables: readonly string[] };
  readonly footer: { readonly text: string; readonly variables: readonly string[] } | null;
  readonly buttons: readonly TemplateButton[];
  /** Parts that a plain template message does not have, such as CAROUSEL. */
  readonly otherParts: readonly string[];
}

/** A template's facts as they are stored. */
export interface RawTemplate {
  readonly category: string;
  readonly parameterFormat: string;
  /** JSON as WhatsApp wrote it. */
  readonly components: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** WhatsApp writes the text of authentication templates itself, and some versions of its API leave it out. */
export const AUTHENTICATION_TEXT = '*{{1}}* is your verification code.';

const KNOWN_PARTS = new Set(['HEADER', 'BODY', 'FOOTER', 'BUTTONS']);

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text member of an object; null when it is none, or empty. */
export const textOf = (fields: Fields | undefined, name: string): string | null => {
  const value = fields?.[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

/** The objects in a value that should be a list of them. */
export const fieldsIn = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

/** The first component of a type. WhatsApp writes types in capitals, and took small letters at times. */
export const componentOf = (components: unknown, type: string): Fields | undefined =>
  fieldsIn(components).find((component) => typeOf(component) === type);

const typeOf = (fields: Fields): string => (textOf(fields, 'type') ?? '').toUpperCase();

/** Reads a template's components; never throws, because they are what somebody else wrote. */
export function readDefinition({ category, parameterFormat, components }: RawTemplate): TemplateDefinition {
  const format: ParameterFormat = parameterFormat.toUpperCase() === 'NAMED' ? 'NAMED' : 'POSITIONAL';
  const withVariables = (text: string) => ({ text, variables: variablesOf(text, format) });
  const bodyText = textOf(componentOf(components, 'BODY'), 'text');
  const footerText = textOf(componentOf(components, 'FOOTER'), 'text');
  return {
    parameterFormat: format,
    header: headerOf(componentOf(components, 'HEADER'), format),
    body: withVariables(bodyText ?? (category === 'AUTHENTICATION' ? AUTHENTICATION_TEXT : '')),
    footer: footerText === null ? null : withVariables(footerText),
    buttons: fieldsIn(componentOf(components, 'BUTTONS')?.buttons).map((button, index) => {
      const url = textOf(button, 'url');
      const variables = url === null ? [] : variablesOf(url, format);
      return { index, type: typeOf(button), text: textOf(button, 'text') ?? '', url, variables };
    }),
    otherParts: fieldsIn(components)
      .map(typeOf)
      .filter((type) => !KNOWN_PARTS.has(type)),
  };
}

function headerOf(component: Fields | undefined, format: ParameterFormat): TemplateHeader | null {
  if (!component) return null;
  const kind = (textOf(component, 'format') ?? 'TEXT').toUpperCase();
  if (kind === 'IMAGE' || kind === 'VIDEO' || kind === 'DOCUMENT' || kind === 'LOCATION') return { format: kind };
  const text = textOf(component, 'text') ?? '';
  return { format: 'TEXT', text, variables: variablesOf(text, format) };
}
