import { GraphError } from '../graph/graph-error.js';
import { codePoints } from '../graph/read-params.js';
import type { TemplateComponentValues, TemplateContent, TemplateParameter } from '../messages/message-types.js';
import type { Template, TemplateButton } from './template.js';
import { fillVariables, variablesOf } from './variables.js';

const HEADER_MAX = 60;
const BODY_MAX = 1024;
const URL_MAX = 2000;
const COUPON_MAX = 15;
/** WhatsApp, authentication templates: up to 15 characters, no URLs, media or emoji. */
const ONE_TIME_CODE = /^[\x21-\x7e]{1,15}$/;

/**
 * Checks that a template exists, may be sent, and that the values fit it.
 * @throws GraphError 132001 (not there or not approved), 132015 (paused), 132016 (disabled), 132000 (number of
 * values), 132012 (their format), 132005 (result too long), 132018, 131008 (a button's value is missing),
 * 131009 (one-time code).
 */
export function checkTemplate(template: Template | undefined, content: TemplateContent): void {
  if (template === undefined) {
    throw new GraphError(132001, `template name (${content.name}) does not exist in ${content.language}`);
  }
  if (template.status === 'PAUSED') throw new GraphError(132015, `template ${content.name} is paused`);
  if (template.status === 'DISABLED') throw new GraphError(132016, `template ${content.name} is disabled`);
  if (template.status !== 'APPROVED') {
    throw new GraphError(132001, `template name (${content.name}) is ${template.status} in ${content.language}`);
  }
  checkHeader(template, only(content, 'header'));
  checkText(template, 'body', template.bodyText(), only(content, 'body')?.parameters ?? [], BODY_MAX);
  const buttons = template.buttons();
  for (const component of content.components) {
    if (component.type === 'button') checkButton(template, component, buttons[component.index ?? 0]);
  }
  buttons.forEach((button, index) => requireButtonValue(button, index, content));
  if (template.category === 'AUTHENTICATION') checkOneTimeCode(content);
}

/** The text of a template's part with the values put in. */
export function hydrate(template: Template, text: string, parameters: readonly TemplateParameter[]): string {
  const names = variablesOf(text);
  const values = new Map<string, string>();
  parameters.forEach((parameter, index) => {
    const name = template.draft.parameterFormat === 'NAMED' ? parameter.name : names[index];
    if (name !== undefined) values.set(name, parameter.text);
  });
  return fillVariables(text, values);
}

/** The values for one part; several components of the same kind are a mismatch. */
function only(content: TemplateContent, type: 'header' | 'body'): TemplateComponentValues | undefined {
  const found = content.components.filter((component) => component.type === type);
  if (found.length > 1) throw new GraphError(132012, `${type}: given more than once`);
  return found[0];
}

function checkHeader(template: Template, given: TemplateComponentValues | undefined): void {
  const header = template.header();
  const parameters = given?.parameters ?? [];
  if (header === undefined) {
    if (parameters.length > 0) throw countMismatch('header', parameters.length, 0);
    return;
  }
  if (header.format === 'TEXT') {
    checkText(template, 'header', header.text ?? '', parameters, HEADER_MAX);
    return;
  }
  const received = parameters[0]?.type.toUpperCase() ?? 'UNKNOWN';
  if (received !== header.format) {
    throw new GraphError(132012, `header: Format mismatch, expected ${header.format}, received ${received}`);
  }
  if (parameters.length !== 1) throw countMismatch('header', parameters.length, 1);
}

function checkText(
  template: Template,
  part: string,
  text: string,
  parameters: readonly TemplateParameter[],
  max: number,
): void {
  const names = variablesOf(text);
  if (names.length !== parameters.length) throw countMismatch(part, parameters.length, names.length);
  const named = template.draft.parameterFormat === 'NAMED';
  const given = new Set<string>();
  for (const parameter of parameters) {
    if (parameter.type !== 'text' && parameter.type !== 'currency' && parameter.type !== 'date_time') {
      throw new GraphError(132012, `${part}: Format mismatch, expected TEXT, received ${parameter.type.toUpperCase()}`);
    }
    if (named !== (parameter.name !== undefined) || (parameter.name !== undefined && !names.includes(parameter.name))) {
      throw new GraphError(132012, `${part}: Parameter name is missing, unknown or not expected`);
    }
    if (parameter.name !== undefined) given.add(parameter.name);
    if (/[\n\r\t]| {5}/.test(parameter.text)) {
      throw new GraphError(
        132018,
        `${part}: Param text cannot have new-line/tab characters or more than 4 consecutive spaces`,
      );
    }
  }
  if (named && given.size !== names.length) throw countMismatch(part, given.size, names.length);
  const length = codePoints(hydrate(template, text, parameters));
  if (length > max) {
    throw new GraphError(
      132005,
      `${part}: Translated text too long: length is ${length}, but should be at most ${max}`,
    );
  }
}

const BUTTON_SUB_TYPES: Record<TemplateButton['type'], readonly string[]> = {
  QUICK_REPLY: ['quick_reply'],
  URL: ['url', 'otp'],
  COPY_CODE: ['copy_code'],
  FLOW: ['flow'],
  PHONE_NUMBER: [],
};

function checkButton(template: Template, given: TemplateComponentValues, button: TemplateButton | undefined): void {
  const index = given.index ?? 0;
  if (button === undefined) throw new GraphError(132018, `buttons: the template has no button at index ${index}`);
  if (!BUTTON_SUB_TYPES[button.type].includes(given.subType ?? '')) {
    throw new GraphError(132012, `buttons: Button at index ${index} is of type ${button.type}, not ${given.subType}`);
  }
  if (given.subType === 'otp' && template.category !== 'AUTHENTICATION') {
    throw new GraphError(132012, `buttons: Only AUTHENTICATION templates have an OTP button, not ${template.category}`);
  }
  if (given.parameters.length > 1) throw countMismatch('buttons', given.parameters.length, 1);
  if (button.type === 'COPY_CODE') checkCouponCode(given.parameters[0], index);
  if (button.type !== 'URL') return;
  const variables = variablesOf(button.url ?? '');
  if (variables.length !== given.parameters.length) {
    throw countMismatch('buttons', given.parameters.length, variables.length);
  }
  const value = given.parameters[0];
  if (value === undefined) return;
  if (value.type !== 'text') throw new GraphError(132012, `buttons: Button at index ${index} needs a text`);
  const url = fillVariables(button.url ?? '', new Map([[variables[0] ?? '1', value.text]]));
  if (url.length > URL_MAX) throw new GraphError(132005, `buttons: URL too long: at most ${URL_MAX} characters`);
}

/** WhatsApp, coupon templates: up to 15 characters. */
function checkCouponCode(value: TemplateParameter | undefined, index: number): void {
  if (value === undefined) return;
  if (value.type !== 'coupon_code') {
    throw new GraphError(132012, `buttons: Button at index ${index} needs a coupon code`);
  }
  if (codePoints(value.text) > COUPON_MAX) {
    throw new GraphError(132005, `buttons: Coupon code too long: at most ${COUPON_MAX} characters`);
  }
}

function requireButtonValue(button: TemplateButton, index: number, content: TemplateContent): void {
  const needsValue = button.type === 'COPY_CODE' || (button.type === 'URL' && variablesOf(button.url ?? '').length > 0);
  if (!needsValue) return;
  const given = content.components.some(
    (component) => component.type === 'button' && component.index === index && component.parameters.length > 0,
  );
  if (!given) {
    throw new GraphError(131008, `buttons: Button at index ${index} of type ${button.type} requires a parameter`);
  }
}

/** The code goes twice: into the body and into button 0. */
function checkOneTimeCode(content: TemplateContent): void {
  const body = only(content, 'body')?.parameters[0]?.text ?? '';
  const button = content.components.find((component) => component.type === 'button')?.parameters[0]?.text;
  if (button !== body) {
    throw new GraphError(131009, 'The code of the body and the code of the button must be the same.');
  }
  if (!ONE_TIME_CODE.test(body)) {
    throw new GraphError(131009, 'The code must have 1 to 15 characters, without spaces, URLs or emoji.');
  }
}

function countMismatch(part: string, given: number, expected: number): GraphError {
  return new GraphError(
    132000,
    `${part}: number of localizable_params (${given}) does not match the expected number of params (${expected})`,
  );
}
