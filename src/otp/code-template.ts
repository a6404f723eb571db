import type { FieldErrors } from '../platform/http/api-error.js';
import type { GivenValues } from '../templates/sending/given-values.js';
import type { SendableTemplate } from '../templates/sending/sendable-templates.js';
import { OWN_FIELDS } from './dto/resend-otp.dto.js';

/** Number of the body variable that is the code. */
const CODE_FIELD = 1;

/** `{{1}}` is the code, `{{2}}` its minutes, the others are the caller's. The button gets the code by itself. */
export function codeValues(code: string, minutes: number, additional: readonly string[]): GivenValues {
  const fields = new Map([code, String(minutes), ...additional].map((value, index) => [index + 1, value]));
  return {
    fields,
    codeField: CODE_FIELD,
    headerField: undefined,
    files: [],
    latitude: undefined,
    longitude: undefined,
    locationName: undefined,
    locationAddress: undefined,
    buttons: new Map(),
  };
}

/** Why a template cannot bring a code, if so. */
export function faultsOfCodeTemplate({ category, definition: { body, header } }: SendableTemplate): FieldErrors {
  if (category !== 'AUTHENTICATION') {
    return {
      template_name: [`The template is of the category ${category}; only AUTHENTICATION templates bring codes.`],
    };
  }
  if (body.variables.length < CODE_FIELD) return { template_name: ['The template has no place for a code.'] };
  const plain = header === null || (header.format === 'TEXT' && header.variables.length === 0);
  return plain ? {} : { template_name: ['The template has a header that needs values, which a code does not bring.'] };
}

/** Faults of `field_3` … under the name by which the caller gave them: `additional_params.0` … */
export function underOurNames(faults: FieldErrors): FieldErrors {
  const renamed: FieldErrors = {};
  for (const [field, messages] of Object.entries(faults)) {
    const number = Number(/^field_(\d+)$/.exec(field)?.[1] ?? NaN);
    if (number <= OWN_FIELDS || Number.isNaN(number)) renamed[field] = messages;
    else {
      const name = `additional_params.${number - OWN_FIELDS - 1}`;
      renamed[name] = messages.map((message) => message.replaceAll(field, name));
    }
  }
  return renamed;
}
