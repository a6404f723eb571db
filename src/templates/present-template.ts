import { timestamp } from '../platform/http/timestamp.js';
import { componentOf, fieldsIn, isFields, readDefinition, textOf } from './definition/template-definition.js';
import type { TemplateDto } from './dto/template.dto.js';
import type { TemplateRow } from './template.repository.js';

type Fields = Readonly<Record<string, unknown>>;

/** A stored template with the documented fields, which are computed from WhatsApp's components. */
export function presentTemplate(row: TemplateRow): TemplateDto {
  const { components } = row;
  const { header, body, footer, buttons, parameterFormat } = readDefinition({
    category: row.category,
    parameterFormat: row.parameter_format,
    components,
  });
  const rawButtons = fieldsIn(componentOf(components, 'BUTTONS')?.buttons);
  const text = header?.format === 'TEXT' ? header : null;
  return {
    id: row.id,
    template_id: row.template_id,
    template_name: row.name,
    name: row.name,
    language: row.language,
    category: row.category,
    status: row.status,
    quality_score: row.quality_score,
    parameter_format: parameterFormat,
    header_data_format: header?.format ?? 'NONE',
    header_data_text: text?.text ?? null,
    header_params_count: text?.variables.length ?? 0,
    header_file_url: sampleFile(componentOf(components, 'HEADER')),
    header_variable_value: samples(componentOf(components, 'HEADER'), 'header_text')[0] ?? null,
    body_data: body.text,
    body_params_count: body.variables.length,
    body_variable_value: asJson(samples(componentOf(components, 'BODY'), 'body_text')),
    footer_data: footer?.text ?? null,
    footer_params_count: footer?.variables.length ?? 0,
    buttons_data: buttons.length > 0 ? JSON.stringify(rawButtons) : null,
    message_send_ttl_seconds: row.message_send_ttl_seconds,
    add_security_recommendation: componentOf(components, 'BODY')?.add_security_recommendation === true,
    code_expiration_minutes: wholeNumber(componentOf(components, 'FOOTER')?.code_expiration_minutes),
    otp_button_config: rawButtons.map(otpConfig).find((config) => config !== null) ?? null,
    components: fieldsIn(components),
    created_at: timestamp(row.created_at),
    updated_at: timestamp(row.updated_at),
  };
}

/** Sample values of a text's variables: `example.body_text` is a list of lists, `example.header_text` a list. */
function samples(component: Fields | undefined, name: 'header_text' | 'body_text'): string[] {
  const example = isFields(component?.example) ? component.example : {};
  const named = fieldsIn(example[`${name}_named_params`]).flatMap((one) => textOf(one, 'example') ?? []);
  if (named.length > 0) return named;
  const written: unknown = example[name];
  const values: readonly unknown[] = Array.isArray(written) ? written : [];
  const first: unknown = values[0];
  const list: readonly unknown[] = Array.isArray(first) ? first : values;
  return list.filter((value) => typeof value === 'string');
}

const asJson = (values: readonly string[]): string | null => (values.length > 0 ? JSON.stringify(values) : null);

/** WhatsApp's own copy of the sample file; its address lives for a while only. */
function sampleFile(component: Fields | undefined): string | null {
  const example = isFields(component?.example) ? component.example : {};
  const handles: readonly unknown[] = Array.isArray(example.header_handle) ? example.header_handle : [];
  const [handle] = handles;
  return typeof handle === 'string' && /^https?:\/\//.test(handle) ? handle : null;
}

const wholeNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) ? value : null;

/** What makes a button an OTP button. WhatsApp reads it back as a URL button whose address names the kind. */
function otpConfig(button: Fields): Fields | null {
  const type = textOf(button, 'type')?.toUpperCase();
  if (type === 'OTP') {
    return Object.fromEntries(Object.entries(button).filter(([name]) => name !== 'type'));
  }
  const url = type === 'URL' ? textOf(button, 'url') : null;
  const kind = url === null ? undefined : /[?&]otp_type=([A-Za-z_]+)/.exec(url)?.[1];
  return kind === undefined ? null : { otp_type: kind.toUpperCase(), text: textOf(button, 'text') };
}
