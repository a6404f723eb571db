import type { FieldErrors } from '../../platform/http/api-error.js';
import type { TemplateButton, TemplateDefinition } from '../definition/template-definition.js';
import { FILE_FIELDS_OF, type GivenValues, MAX_BUTTONS, MAX_FIELDS } from './given-values.js';

/** Buttons that a plain template message can carry. */
const SENDABLE_BUTTONS = new Set(['QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE', 'FLOW', 'OTP', 'VOICE_CALL']);

/** What a template needs and a send does not give, by the field that is missing; surplus fields are ignored. */
export function missingValues(definition: TemplateDefinition, category: string, given: GivenValues): FieldErrors {
  const never = unsendable(definition);
  if (never) return never;
  return {
    ...missingHeader(definition, given),
    ...missingFields(definition, given),
    ...missingButtons(definition, category, given),
  };
}

/** Parts that no field of a send stands for; null when there are none. */
function unsendable({ otherParts, buttons, body }: TemplateDefinition): FieldErrors | null {
  const parts = [...otherParts, ...buttons.map(({ type }) => type).filter((type) => !SENDABLE_BUTTONS.has(type))];
  if (parts.length > 0) {
    return { template_name: [`The template has parts that cannot be sent here: ${[...new Set(parts)].join(', ')}.`] };
  }
  if (body.variables.length > MAX_FIELDS || buttons.length > MAX_BUTTONS) {
    return { template_name: [`The template has more than ${MAX_FIELDS} variables or ${MAX_BUTTONS} buttons.`] };
  }
  return null;
}

function missingHeader({ header }: TemplateDefinition, given: GivenValues): FieldErrors {
  if (!header) return {};
  switch (header.format) {
    case 'TEXT':
      if (header.variables.length === 0 || given.headerField !== undefined) return {};
      return { header_field_1: ['The header of the template needs header_field_1.'] };
    case 'LOCATION':
      return {
        ...(given.latitude === undefined && { header_latitude: ['The header of the template needs header_latitude.'] }),
        ...(given.longitude === undefined && {
          header_longitude: ['The header of the template needs header_longitude.'],
        }),
      };
    default: {
      const { url, file } = FILE_FIELDS_OF[header.format];
      const ways = given.files.filter(({ format }) => format === header.format).length;
      if (ways === 1) return {};
      return {
        [url]: [
          ways === 0
            ? `The header of the template needs ${url} or ${file}.`
            : `Give either ${url} or ${file}, not both.`,
        ],
      };
    }
  }
}

function missingFields({ body }: TemplateDefinition, given: GivenValues): FieldErrors {
  const faults: FieldErrors = {};
  body.variables.forEach((variable, index) => {
    const field = `field_${index + 1}`;
    if (!given.fields.has(index + 1)) faults[field] = [`The text of the template needs ${field} for {{${variable}}}.`];
  });
  return faults;
}

function missingButtons({ buttons }: TemplateDefinition, category: string, given: GivenValues): FieldErrors {
  // The button of an authentication template repeats the code.
  if (category === 'AUTHENTICATION') return {};
  const faults: FieldErrors = {};
  for (const button of buttons) {
    const field = `button_${button.index}`;
    if (needsValue(button) && !given.buttons.has(button.index)) {
      faults[field] = [`The button "${button.text}" of the template needs ${field}.`];
    }
  }
  return faults;
}

const needsValue = ({ type, variables }: TemplateButton): boolean =>
  type === 'COPY_CODE' || (type === 'URL' && variables.length > 0);
