import { Router } from 'express';
import type { Account } from '../world/account.js';
import type { World } from '../world/world.js';
import {
  TEMPLATE_STATUSES,
  type Template,
  type TemplateComponent,
  type TemplateStatus,
} from '../templates/template.js';
import {
  accountOf,
  ControlError,
  isParams,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalObject,
  optionalString,
  queryOf,
  readBody,
  requiredString,
  type Params,
} from './control-params.js';

const CATEGORIES = ['AUTHENTICATION', 'MARKETING', 'UTILITY'] as const;
const QUALITIES = ['GREEN', 'YELLOW', 'RED', 'UNKNOWN'] as const;
const FORMATS = ['POSITIONAL', 'NAMED'] as const;
const HEADER_FORMATS = ['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'] as const;
const BUTTON_TYPES = ['QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE', 'FLOW'] as const;

/** Templates of an account: adding, approving, rejecting, pausing, quality. */
export function templateControlRoutes(world: World): Router {
  const router = Router();

  router.get('/accounts/:id/templates', (request, response) => {
    response.json({
      data: accountOf(world, request.params.id)
        .templates.list()
        .map((template) => template.view()),
    });
  });

  router.post('/accounts/:id/templates', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, [
      'name',
      'language',
      'category',
      'parameter_format',
      'components',
      'status',
      'message_send_ttl_seconds',
    ]);
    const name = requiredString(body, 'name');
    if (!/^[a-z0-9_]{1,512}$/.test(name)) throw new ControlError('name may have a-z, 0-9 and _ only');
    const template = account.templates.put({
      name,
      language: optionalString(body, 'language') ?? 'en_US',
      category: optionalChoice(body, 'category', CATEGORIES) ?? 'UTILITY',
      parameterFormat: optionalChoice(body, 'parameter_format', FORMATS) ?? 'POSITIONAL',
      components: readComponents(body['components']),
      status: optionalChoice(body, 'status', TEMPLATE_STATUSES) ?? 'APPROVED',
      messageSendTtlSeconds: optionalNumber(body, 'message_send_ttl_seconds', -1, 43_200),
    });
    response.status(201).json(template.view());
  });

  router.post('/accounts/:id/templates/:template/status', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['status', 'language', 'reason', 'title', 'webhook']);
    const template = findTemplate(account, request.params.template, optionalString(body, 'language'));
    const status = optionalChoice(body, 'status', TEMPLATE_STATUSES);
    if (status === undefined) throw new ControlError('status is missing');
    const reason = optionalString(body, 'reason') ?? null;
    template.status = status;
    template.rejectedReason = status === 'REJECTED' ? reason : null;
    if (optionalBoolean(body, 'webhook') ?? true) {
      const value = statusChange(template, status, reason, optionalString(body, 'title'));
      world.webhooks.sendAccountChange(account, 'message_template_status_update', value);
    }
    response.json(template.view());
  });

  router.post('/accounts/:id/templates/:template/quality', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['quality', 'language']);
    const template = findTemplate(account, request.params.template, optionalString(body, 'language'));
    const quality = optionalChoice(body, 'quality', QUALITIES);
    if (quality === undefined) throw new ControlError('quality is missing');
    world.webhooks.sendAccountChange(account, 'message_template_quality_update', {
      previous_quality_score: template.quality,
      new_quality_score: quality,
      ...identity(template),
    });
    template.quality = quality;
    response.json(template.view());
  });

  router.post('/accounts/:id/templates/:template/category', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['category', 'language', 'webhook']);
    const template = findTemplate(account, request.params.template, optionalString(body, 'language'));
    const category = optionalChoice(body, 'category', CATEGORIES);
    if (category === undefined) throw new ControlError('category is missing');
    if (optionalBoolean(body, 'webhook') ?? true) {
      world.webhooks.sendAccountChange(account, 'template_category_update', {
        ...identity(template),
        previous_category: template.category,
        new_category: category,
      });
    }
    template.category = category;
    response.json(template.view());
  });

  router.post('/accounts/:id/templates/:template/components', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['components', 'language', 'webhook']);
    const template = findTemplate(account, request.params.template, optionalString(body, 'language'));
    const edited = account.templates.edit(template, readComponents(body['components']));
    if (optionalBoolean(body, 'webhook') ?? true) {
      world.webhooks.sendAccountChange(account, 'message_template_components_update', componentsChange(edited));
    }
    response.json(edited.view());
  });

  router.delete('/accounts/:id/templates/:template', (request, response) => {
    const account = accountOf(world, request.params.id);
    const language = queryOf(request)['language'];
    account.templates.remove(findTemplate(account, request.params.template, language));
    response.json({ success: true });
  });

  return router;
}

/** By id, or by name (with its language, if there are several). */
function findTemplate(account: Account, idOrName: string, language: string | undefined): Template {
  const found = account.templates
    .list()
    .filter((one) => one.id === idOrName || one.name === idOrName)
    .filter((one) => language === undefined || one.language === language);
  const [template] = found;
  if (template === undefined) throw new ControlError(`no template ${idOrName}`, 404);
  if (found.length > 1) throw new ControlError(`several templates ${idOrName}: give language`);
  return template;
}

function identity(template: Template): object {
  return {
    message_template_id: Number(template.id),
    message_template_name: template.name,
    // Meta's example has `en-US` here, while sends use `en_US`.
    message_template_language: template.language.replace('_', '-'),
  };
}

function statusChange(template: Template, event: TemplateStatus, reason: string | null, title?: string): object {
  return {
    event,
    ...identity(template),
    reason,
    message_template_category: template.category,
    ...(event === 'PAUSED' ? { other_info: { title: title ?? 'FIRST_PAUSE' } } : {}),
    ...(event === 'REJECTED' && reason !== null
      ? { rejection_info: { reason, recommendation: 'Change the template.' } }
      : {}),
  };
}

/** WhatsApp tells of words and buttons; of buttons only when one of them opens something. */
function componentsChange(template: Template): object {
  const change: Record<string, unknown> = { ...identity(template) };
  for (const component of template.draft.components) {
    if (component.type === 'HEADER' && component.text !== undefined) change['message_template_title'] = component.text;
    if (component.type === 'BODY') change['message_template_element'] = component.text;
    if (component.type === 'FOOTER' && component.text !== undefined) change['message_template_footer'] = component.text;
    if (
      component.type === 'BUTTONS' &&
      component.buttons.some(({ type }) => type === 'URL' || type === 'PHONE_NUMBER')
    ) {
      change['message_template_buttons'] = component.buttons.map(({ type, text, url, phone_number }) => ({
        message_template_button_type: type,
        message_template_button_text: text,
        message_template_button_url: url,
        message_template_button_phone_number: phone_number,
      }));
    }
  }
  return change;
}

function readComponents(value: unknown): TemplateComponent[] {
  if (!Array.isArray(value) || !value.every(isParams))
    throw new ControlError('components must be a list of JSON objects');
  const components = value.map(readComponent);
  if (!components.some((component) => component.type === 'BODY')) throw new ControlError('components need a BODY');
  return components;
}

function readComponent(part: Params): TemplateComponent {
  const type = optionalChoice(part, 'type', ['HEADER', 'BODY', 'FOOTER', 'BUTTONS'] as const);
  switch (type) {
    case 'HEADER':
      return {
        type,
        format: optionalChoice(part, 'format', HEADER_FORMATS) ?? 'TEXT',
        text: optionalString(part, 'text'),
        example: optionalObject(part, 'example'),
      };
    case 'BODY':
      return {
        type,
        text: requiredString(part, 'text'),
        add_security_recommendation: optionalBoolean(part, 'add_security_recommendation'),
        example: optionalObject(part, 'example'),
      };
    case 'FOOTER': {
      const minutes = optionalNumber(part, 'code_expiration_minutes', 1, 90);
      if (minutes !== undefined) return { type, code_expiration_minutes: minutes };
      return { type, text: requiredString(part, 'text') };
    }
    case 'BUTTONS': {
      const buttons = part['buttons'];
      if (!Array.isArray(buttons) || !buttons.every(isParams)) throw new ControlError('buttons must be a list');
      return {
        type,
        buttons: buttons.map((button) => ({
          type: optionalChoice(button, 'type', BUTTON_TYPES) ?? 'QUICK_REPLY',
          text: requiredString(button, 'text'),
          url: optionalString(button, 'url'),
          phone_number: optionalString(button, 'phone_number'),
        })),
      };
    }
    case undefined:
      throw new ControlError('a component needs a type');
  }
}
