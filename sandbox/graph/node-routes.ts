import { Router, type Request } from 'express';
import { verifyCallback } from '../webhooks/handshake.js';
import type { Account, Callback } from '../world/account.js';
import type { Scope } from '../world/defaults.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { AccessToken } from '../world/tokens.js';
import { isValid, readToken, requireAccess } from './authorize.js';
import { ownUrl, parameter, queryOf, type GraphContext } from './graph-context.js';
import { GraphError, objectNotFound } from './graph-error.js';
import { accountView, numberView, pick, readFields } from './node-views.js';
import { page } from './paging.js';
import { isFields } from './read-params.js';

const MANAGEMENT: Scope = 'whatsapp_business_management';

/** Reading numbers, accounts and tokens; subscribing to webhooks and overriding callbacks. */
export function nodeRoutes(context: GraphContext): Router {
  const { world } = context;
  const router = Router({ mergeParams: true });

  router.get('/debug_token', (request, response) => {
    readDebuggingToken(context, request);
    const input = queryOf(request).get('input_token');
    if (input === null) throw new GraphError(100, 'The parameter input_token is required.');
    response.json({ data: describeToken(context, input) });
  });

  router.get('/:id/phone_numbers', (request, response) => {
    const account = readAccount(context, request);
    const fields = readFields(queryOf(request).get('fields'));
    const views = account.numbers.map((number) => numberView(number, fields));
    response.json(page(views, queryOf(request), ownUrl(request) + request.originalUrl.split('?')[0]));
  });

  router.get('/:id/subscribed_apps', (request, response) => {
    const account = readAccount(context, request);
    const { app, overrideCallback } = account;
    const entry = {
      whatsapp_business_api_data: {
        id: app.id,
        name: app.name,
        link: `https://www.facebook.com/games/?app_id=${app.id}`,
      },
      ...(overrideCallback === null ? {} : { override_callback_uri: overrideCallback.url }),
    };
    response.json({ data: account.subscribed ? [entry] : [] });
  });

  router.post('/:id/subscribed_apps', async (request, response) => {
    const account = readAccount(context, request);
    const callback = readCallback(
      parameter(request, 'override_callback_uri'),
      parameter(request, 'verify_token'),
      'override_callback_uri',
    );
    if (callback !== null) await verifyCallback(callback);
    account.overrideCallback = callback;
    account.subscribed = true;
    response.json({ success: true });
  });

  router.delete('/:id/subscribed_apps', (request, response) => {
    const account = readAccount(context, request);
    account.subscribed = false;
    account.overrideCallback = null;
    response.json({ success: true });
  });

  router.post('/:id/subscriptions', async (request, response) => {
    const token = readDebuggingToken(context, request);
    const app = world.apps.get(request.params.id);
    if (app === undefined || (token !== null && token.appId !== app.id)) {
      throw objectNotFound(request.params.id, 'POST');
    }
    const callback = readCallback(
      parameter(request, 'callback_url'),
      parameter(request, 'verify_token'),
      'callback_url',
    );
    if (callback === null) throw new GraphError(100, 'The parameter callback_url is required.');
    await verifyCallback(callback);
    app.callback = callback;
    response.json({ success: true });
  });

  router.post('/:id/register', (request, response) => {
    const number = readNumber(context, request, 'POST');
    number.status = 'CONNECTED';
    response.json({ success: true });
  });

  router.post('/:id/deregister', (request, response) => {
    const number = readNumber(context, request, 'POST');
    number.status = 'DISCONNECTED';
    response.json({ success: true });
  });

  router.post('/:id', async (request, response, next) => {
    if (!world.numbers.has(request.params.id)) {
      next();
      return;
    }
    const number = readNumber(context, request, 'POST');
    const configuration = parameter(request, 'webhook_configuration');
    if (!isFields(configuration)) throw new GraphError(100, 'The parameter webhook_configuration is required.');
    const callback = readCallback(
      configuration['override_callback_uri'],
      configuration['verify_token'],
      'override_callback_uri',
    );
    if (callback !== null) await verifyCallback(callback);
    number.overrideCallback = callback;
    response.json({ success: true });
  });

  router.get('/:id', (request, response, next) => {
    const { id } = request.params;
    const fields = readFields(queryOf(request).get('fields'));
    if (world.numbers.has(id)) {
      response.json(numberView(readNumber(context, request, 'GET'), fields));
    } else if (world.accounts.has(id)) {
      response.json(accountView(readAccount(context, request), fields));
    } else if (world.apps.has(id)) {
      const app = world.apps.get(id);
      readDebuggingToken(context, request);
      response.json(pick({ id, name: app?.name, link: `https://www.facebook.com/games/?app_id=${id}` }, fields));
    } else {
      next();
    }
  });

  return router;
}

/** The account of the path, after the token was checked. */
export function readAccount(context: GraphContext, request: Request): Account {
  const token = readToken(context.world, request);
  const id = String(request.params['id']);
  const account = context.world.accounts.get(id);
  if (account === undefined) throw objectNotFound(id, request.method);
  requireAccess(token, account, MANAGEMENT, id, request.method);
  account.management.take(account.clock.now());
  return account;
}

function readNumber(context: GraphContext, request: Request, method: string): PhoneNumber {
  const token = readToken(context.world, request);
  const id = String(request.params['id']);
  const number = context.world.numbers.get(id);
  if (number === undefined) throw objectNotFound(id, method);
  requireAccess(token, number.account, MANAGEMENT, id, method);
  number.account.management.take(number.account.clock.now());
  return number;
}

/** A user's token, or an app's own (`<app id>|<app secret>`), for which null is returned. */
function readDebuggingToken(context: GraphContext, request: Request): AccessToken | null {
  const fromQuery = queryOf(request).get('access_token');
  const header = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const [appId = '', secret] = (header ?? fromQuery ?? '').split('|');
  if (secret !== undefined && context.world.apps.get(appId)?.secret === secret) return null;
  return readToken(context.world, request);
}

function describeToken(context: GraphContext, value: string): object {
  const token = context.world.tokens.find(value);
  if (token === undefined || !isValid(context.world, token)) {
    return {
      error: { code: 190, message: token === undefined ? 'Malformed access token' : 'Session has expired' },
      is_valid: false,
      scopes: [],
    };
  }
  const scopes = [...token.scopes];
  return {
    app_id: token.appId,
    type: 'SYSTEM_USER',
    application: context.world.apps.get(token.appId)?.name ?? '',
    data_access_expires_at: 0,
    expires_at: token.expiresAt === null ? 0 : Math.floor(token.expiresAt / 1000),
    is_valid: true,
    issued_at: Math.floor(token.issuedAt / 1000),
    scopes,
    granular_scopes: scopes.map((scope) => ({ scope, target_ids: [...token.accountIds] })),
    user_id: '4150000000000001',
  };
}

function readCallback(url: unknown, verifyToken: unknown, name: string): Callback | null {
  if (url === undefined || url === null || url === '') return null;
  if (typeof url !== 'string') throw new GraphError(100, `Param ${name} must be a string.`);
  if (typeof verifyToken !== 'string' || verifyToken === '') {
    throw new GraphError(100, 'The parameter verify_token is required with a callback.');
  }
  return { url, verifyToken };
}
