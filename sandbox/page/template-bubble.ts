import { isFields, type Fields } from '../graph/read-params.js';
import { readTemplate } from '../messages/parse-template.js';
import type { TemplateContent } from '../messages/message-types.js';
import { hydrate } from '../templates/check-template.js';
import type { Template, TemplateButton } from '../templates/template.js';
import { fillVariables, variablesOf } from '../templates/variables.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { BubbleButton, BubbleParts } from './bubble.js';

/** A template message with its values put in, as the customer reads it. */
export function templateParts(number: PhoneNumber, content: Fields): BubbleParts {
  const nothing: BubbleParts = { header: null, text: null, footer: null, media: null, buttons: [] };
  // Without the recorded body there is nothing to show.
  if (!isFields(content['language'])) return nothing;
  const sent = readTemplate({ template: content });
  const template = number.account.templates.find(sent.name, sent.language);
  if (template === undefined) return { ...nothing, text: sent.name };
  const header = template.header();
  return {
    header: header?.text === undefined ? null : hydrate(template, header.text, valuesOf(sent, 'header')),
    text: hydrate(template, template.bodyText(), valuesOf(sent, 'body')),
    footer: template.footer() ?? null,
    media: null,
    buttons: template.buttons().map((button, index) => buttonOf(template, button, index, sent)),
  };
}

function valuesOf(sent: TemplateContent, type: 'header' | 'body'): TemplateContent['components'][number]['parameters'] {
  return sent.components.find((component) => component.type === type)?.parameters ?? [];
}

function buttonOf(template: Template, button: TemplateButton, index: number, sent: TemplateContent): BubbleButton {
  const given = sent.components.find((component) => component.type === 'button' && component.index === index);
  const value = given?.parameters[0]?.text ?? '';
  if (template.category === 'AUTHENTICATION' || button.type === 'COPY_CODE') {
    return { kind: 'copy_code', text: button.text, value };
  }
  switch (button.type) {
    case 'QUICK_REPLY':
      return { kind: 'reply', text: button.text, value: value === '' ? button.text : value };
    case 'URL': {
      const url = button.url ?? '';
      return {
        kind: 'url',
        text: button.text,
        value: fillVariables(url, new Map([[variablesOf(url)[0] ?? '', value]])),
      };
    }
    case 'PHONE_NUMBER':
      return { kind: 'phone', text: button.text, value: button.phone_number ?? '' };
    case 'FLOW':
      return { kind: 'other', text: button.text, value: '' };
  }
}
