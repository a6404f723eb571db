import { Router } from 'express';
import type { Template } from '../templates/template.js';
import { ownUrl, queryOf, type GraphContext } from './graph-context.js';
import { readToken, requireAccess } from './authorize.js';
import { pick, readFields, type View } from './node-views.js';
import { readAccount } from './node-routes.js';
import { page } from './paging.js';

const DEFAULT_FIELDS = ['name', 'parameter_format', 'components', 'language', 'status', 'category', 'id'];

/** Reading message templates: the list of an account with filters and paging, and a single one. */
export function templateRoutes(context: GraphContext): Router {
  const router = Router({ mergeParams: true });

  router.get('/:id/message_templates', (request, response) => {
    const account = readAccount(context, request);
    const query = queryOf(request);
    const fields = readFields(query.get('fields'));
    const views = account.templates
      .list()
      .filter((template) => matches(template, query))
      .map((template) => view(template, fields));
    response.json(page(views, query, ownUrl(request) + request.originalUrl.split('?')[0]));
  });

  router.get('/:id', (request, response, next) => {
    for (const account of context.world.accounts.values()) {
      const template = account.templates.findById(request.params.id);
      if (template === undefined) continue;
      const token = readToken(context.world, request);
      requireAccess(token, account, 'whatsapp_business_management', template.id, 'GET');
      account.management.take(account.clock.now());
      response.json(view(template, readFields(queryOf(request).get('fields'))));
      return;
    }
    next();
  });

  return router;
}

function view(template: Template, fields: readonly string[]): View {
  const health = { can_send_message: template.status === 'APPROVED' ? 'AVAILABLE' : 'BLOCKED', entities: [] };
  const all = {
    rejected_reason: 'NONE',
    message_send_ttl_seconds: undefined,
    ...template.view(),
    health_status: health,
  };
  return pick(all, fields.length > 0 ? fields : DEFAULT_FIELDS);
}

function matches(template: Template, query: URLSearchParams): boolean {
  const name = query.get('name');
  const wanted = (key: string, value: string): boolean => {
    const filter = query.get(key);
    return filter === null || filter.toUpperCase() === value.toUpperCase();
  };
  if (name !== null && !template.name.includes(name)) return false;
  return (
    wanted('status', template.status) && wanted('language', template.language) && wanted('category', template.category)
  );
}
