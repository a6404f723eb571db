import type { FieldErrors } from '../../platform/http/api-error.js';
import { codePoints } from '../../platform/http/validation/code-points.js';
import type { TemplateButton, TemplateDefinition } from '../definition/template-definition.js';
import { fillVariables } from '../definition/template-variables.js';
import type { GivenValues } from './given-values.js';
import type { StoredButton, StoredHeader, StoredParameter, StoredTemplate } from './stored-template.js';

/** WhatsApp, "Template components": what a text may be with its values in it (else 132005). */
export const MAX_BODY = 1024;
export const MAX_HEADER = 60;
export const MAX_URL = 2000;
/** WhatsApp, coupon templates. */
export const MAX_COUPON_CODE = 15;
/** What comes back when a quick reply is tapped: as long as the id of a reply button may be. */
export const MAX_PAYLOAD = 256;
/** WhatsApp, authentication templates: no more than 15 characters, no spaces, no emoji. */
const ONE_TIME_CODE = /^[\x21-\x7e]{1,15}$/;
/** What WhatsApp refuses in a value (132018). */
const NOT_IN_VALUES = /[\n\r\t]| {5}/;
/** Shown in place of a one-time code; says nothing of its length. */
export const MASK = '******';

/** A template that is being sent, and the values given for it. */
export interface TemplateToSend {
  /** templates.id */
  readonly id: number;
  readonly name: string;
  readonly language: string;
  readonly category: string;
  readonly definition: TemplateDefinition;
  readonly given: GivenValues;
}

/** `text`: the body as the recipient reads it, one-time codes masked. */
export type RenderedTemplate =
  { readonly text: string; readonly stored: StoredTemplate } | { readonly faults: FieldErrors };

/**
 * Puts the values in, after `merge` has filled in their merge fields, and holds the result against WhatsApp's rules,
 * so that it is the caller who hears of a fault, and not the message that fails. To be called when nothing is missing
 * (see missingValues).
 */
export function renderTemplate(send: TemplateToSend, merge: (text: string) => string): RenderedTemplate {
  const isAuthentication = send.category === 'AUTHENTICATION';
  const rendering = new Rendering(send, isAuthentication ? (text) => text : merge);
  const body = rendering.body();
  const stored: StoredTemplate = {
    id: send.id,
    name: send.name,
    language: send.language,
    header: rendering.header(),
    body,
    buttons: isAuthentication ? rendering.codeButtons() : rendering.buttons(),
  };
  if (Object.keys(rendering.faults).length > 0) return { faults: rendering.faults };
  return {
    text: filled(send.definition.body, isAuthentication ? withoutCode(body, send.given.codeField) : body),
    stored,
  };
}

/** The code is masked wherever it stands: a caller may name it a second time. */
function withoutCode(values: readonly StoredParameter[], codeField: number): readonly StoredParameter[] {
  const code = values[codeField - 1]?.text ?? '';
  return code === '' ? values : values.map((value) => ({ ...value, text: value.text.replaceAll(code, MASK) }));
}

const filled = ({ text, variables }: TemplateDefinition['body'], values: readonly StoredParameter[]): string =>
  fillVariables(text, new Map(variables.map((variable, index) => [variable, values[index]?.text ?? ''])));

/** One rendering; collects the faults of all fields. */
class Rendering {
  readonly faults: FieldErrors = {};

  constructor(
    private readonly send: TemplateToSend,
    private readonly merge: (text: string) => string,
  ) {}

  body(): StoredParameter[] {
    const { definition, given, category } = this.send;
    const values = definition.body.variables.map((variable, index) => {
      const field = `field_${index + 1}`;
      const text = this.value(field, given.fields.get(index + 1));
      if (category === 'AUTHENTICATION' && index + 1 === given.codeField && !ONE_TIME_CODE.test(text)) {
        this.fault(field, 'must be a one-time code of 1 to 15 letters, digits or signs, without spaces.');
      }
      return this.parameter(variable, text);
    });
    if (codePoints(filled(definition.body, values)) > MAX_BODY) {
      const lengths = values.map(({ text }) => text.length);
      const longest = lengths.indexOf(Math.max(...lengths)) + 1;
      this.fault(`field_${longest}`, `makes the text of the template longer than ${MAX_BODY} characters.`);
    }
    return values;
  }

  header(): StoredHeader | null {
    const { definition, given } = this.send;
    const { header } = definition;
    switch (header?.format) {
      case undefined:
        return null;
      case 'TEXT': {
        const [variable] = header.variables;
        if (variable === undefined) return null;
        const text = this.value('header_field_1', given.headerField);
        if (codePoints(fillVariables(header.text, new Map([[variable, text]]))) > MAX_HEADER) {
          this.fault('header_field_1', `makes the header of the template longer than ${MAX_HEADER} characters.`);
        }
        return { kind: 'text', ...this.parameter(variable, text) };
      }
      case 'LOCATION':
        return {
          kind: 'location',
          latitude: given.latitude ?? 0,
          longitude: given.longitude ?? 0,
          name: given.locationName && this.merge(given.locationName),
          address: given.locationAddress && this.merge(given.locationAddress),
        };
      case 'IMAGE':
        return { kind: 'image' };
      case 'VIDEO':
        return { kind: 'video' };
      case 'DOCUMENT':
        return { kind: 'document' };
    }
  }

  buttons(): StoredButton[] {
    return this.send.definition.buttons.flatMap((button) => this.button(button) ?? []);
  }

  /** Every OTP button of an authentication template carries the code once more. */
  codeButtons(): StoredButton[] {
    const { definition, given } = this.send;
    const code = given.fields.get(given.codeField) ?? '';
    return definition.buttons
      .filter(({ type, variables }) => type === 'OTP' || (type === 'URL' && variables.length > 0))
      .map(({ index }) => ({ index, kind: 'url', value: code }));
  }

  private button(button: TemplateButton): StoredButton | undefined {
    const { index, type, url, variables } = button;
    const field = `button_${index}`;
    const written = this.send.given.buttons.get(index);
    switch (type) {
      case 'URL': {
        const [variable] = variables;
        if (variable === undefined) return undefined;
        const value = this.value(field, written);
        if (codePoints(fillVariables(url ?? '', new Map([[variable, value]]))) > MAX_URL) {
          this.fault(field, `makes the address of the button longer than ${MAX_URL} characters.`);
        }
        return { index, kind: 'url', value };
      }
      case 'COPY_CODE': {
        const value = this.value(field, written);
        if (codePoints(value) > MAX_COUPON_CODE) {
          this.fault(field, `must not be longer than ${MAX_COUPON_CODE} characters.`);
        }
        return { index, kind: 'copy_code', value };
      }
      case 'QUICK_REPLY': {
        if (written === undefined) return undefined;
        const value = this.value(field, written);
        if (codePoints(value) > MAX_PAYLOAD) this.fault(field, `must not be longer than ${MAX_PAYLOAD} characters.`);
        return { index, kind: 'quick_reply', value };
      }
      case 'FLOW':
        // WhatsApp wants the button named, also without a token.
        return { index, kind: 'flow', value: written === undefined ? '' : this.value(field, written) };
      default:
        return undefined;
    }
  }

  /** A value with its merge fields filled in. */
  private value(field: string, written: string | undefined): string {
    const text = this.merge(written ?? '');
    if (text === '') this.fault(field, 'must not be empty after its merge fields are filled in.');
    if (NOT_IN_VALUES.test(text)) {
      this.fault(field, 'must not have line breaks, tabs or more than four spaces in a row.');
    }
    return text;
  }

  private parameter(variable: string, text: string): StoredParameter {
    return this.send.definition.parameterFormat === 'NAMED' ? { text, name: variable } : { text };
  }

  private fault(field: string, what: string): void {
    (this.faults[field] ??= []).push(`The ${field} field ${what}`);
  }
}
