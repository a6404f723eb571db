import { Router } from 'express';
import { tierName } from '../graph/node-views.js';
import { verifyCallback } from '../webhooks/handshake.js';
import type { Account, Callback, MetaApp } from '../world/account.js';
import { DEMO, SCOPES, type Scope } from '../world/defaults.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import { changeBehaviour } from './behaviour-params.js';
import {
  accountOf,
  checkKeys,
  ControlError,
  numberOf,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalObject,
  optionalObjects,
  optionalString,
  readBody,
  requiredString,
  type Params,
} from './control-params.js';

const NUMBER_KEYS = [
  'phone_number_id',
  'display_phone_number',
  'verified_name',
  'throughput',
  'pair_limit',
  'enforce_window',
  'quality_rating',
  'status',
  'name_status',
  'behaviour',
];
const QUALITY = ['GREEN', 'YELLOW', 'RED', 'UNKNOWN'] as const;

/** Apps, accounts, phone numbers and tokens. */
export function accountRoutes(world: World, url: () => string): Router {
  const router = Router();

  router.get('/defaults', (_request, response) => {
    const account = accountOf(world, DEMO.accountId);
    response.json({
      api_base_url: url(),
      ...describeAccount(world, account),
      access_token: DEMO.accessToken,
      phone_number_id: DEMO.phoneNumberId,
      display_phone_number: DEMO.displayPhoneNumber,
    });
  });

  router.post('/apps', (request, response) => {
    const body = readBody(request, ['app_id', 'name', 'app_secret', 'callback_url', 'verify_token']);
    const app = createApp(world, body);
    response.status(201).json(describeApp(app));
  });

  router.put('/apps/:id/callback', async (request, response) => {
    const body = readBody(request, ['callback_url', 'verify_token', 'handshake']);
    const app = world.apps.get(request.params.id);
    if (app === undefined) throw new ControlError(`no app ${request.params.id}`, 404);
    const callback = readCallback(body);
    if (callback !== null && optionalBoolean(body, 'handshake')) await verifyCallback(callback);
    app.callback = callback;
    response.json(describeApp(app));
  });

  router.post('/accounts', (request, response) => {
    const body = readBody(request, [
      'waba_id',
      'name',
      'app_id',
      'app_secret',
      'callback_url',
      'verify_token',
      'access_token',
      'subscribed',
      'business_id',
      'messaging_limit',
      'phone_numbers',
    ]);
    const drafts = optionalObjects(body, 'phone_numbers');
    const appId = optionalString(body, 'app_id');
    const existing = appId === undefined ? undefined : world.apps.get(appId);
    if (existing !== undefined && (body['app_secret'] !== undefined || body['callback_url'] !== undefined)) {
      throw new ControlError(`app ${appId} exists: its secret and callback cannot be given again`);
    }
    const app = existing ?? createApp(world, body);
    const account = world.createAccount(
      app,
      optionalString(body, 'name') ?? 'Sandbox account',
      optionalString(body, 'waba_id'),
    );
    account.subscribed = optionalBoolean(body, 'subscribed') ?? app.callback !== null;
    changeAccount(world, account, body);
    for (const draft of drafts) createNumber(world, account, draft);
    const token = world.tokens.issue({
      value: optionalString(body, 'access_token'),
      appId: app.id,
      accountIds: [account.id],
      issuedAt: account.clock.now(),
    });
    response.status(201).json({ ...describeAccount(world, account), access_token: token.value });
  });

  router.get('/accounts', (_request, response) => {
    response.json({ data: [...world.accounts.values()].map((account) => describeAccount(world, account)) });
  });

  router.get('/accounts/:id', (request, response) => {
    response.json(describeAccount(world, accountOf(world, request.params.id)));
  });

  router.patch('/accounts/:id', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['subscribed', 'business_id', 'messaging_limit', 'management_limit', 'webhook']);
    account.subscribed = optionalBoolean(body, 'subscribed') ?? account.subscribed;
    changeAccount(world, account, body);
    if (optionalBoolean(body, 'webhook')) {
      const tier = tierName(account.messagingLimit.limit);
      world.webhooks.sendAccountChange(account, 'business_capability_update', {
        max_daily_conversations_per_business: tier,
      });
    }
    response.json(describeAccount(world, account));
  });

  router.post('/accounts/:id/reset', (request, response) => {
    const account = accountOf(world, request.params.id);
    world.resetAccount(account);
    response.json(describeAccount(world, account));
  });

  router.post('/accounts/:id/tokens', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['access_token', 'scopes', 'expires_in_s']);
    const expiresIn = optionalNumber(body, 'expires_in_s', 0, 1e9);
    const token = world.tokens.issue({
      value: optionalString(body, 'access_token'),
      appId: account.app.id,
      accountIds: [account.id],
      scopes: readScopes(body['scopes']),
      expiresAt: expiresIn === undefined ? null : account.clock.now() + expiresIn * 1000,
      issuedAt: account.clock.now(),
    });
    response.status(201).json({ access_token: token.value, scopes: [...token.scopes], waba_id: account.id });
  });

  router.post('/tokens/revoke', (request, response) => {
    const token = world.tokens.find(requiredString(readBody(request, ['access_token']), 'access_token'));
    if (token === undefined) throw new ControlError('no such token', 404);
    token.revoked = true;
    response.json({ revoked: true });
  });

  router.post('/accounts/:id/phone_numbers', (request, response) => {
    const number = createNumber(world, accountOf(world, request.params.id), readBody(request, NUMBER_KEYS));
    response.status(201).json(describeNumber(number));
  });

  router.get('/phone_numbers/:id', (request, response) => {
    response.json(describeNumber(numberOf(world, request.params.id)));
  });

  router.patch('/phone_numbers/:id', (request, response) => {
    const number = numberOf(world, request.params.id);
    const { webhook, ...body } = readBody(request, [...NUMBER_KEYS.slice(3), 'webhook']);
    const before = number.throughput.perSecond;
    changeNumber(number, body);
    if (optionalBoolean({ webhook }, 'webhook')) {
      // What WhatsApp reports of one number: an upgrade of its throughput, else its limit.
      world.webhooks.sendAccountChange(number.account, 'phone_number_quality_update', {
        display_phone_number: number.digits,
        event: number.throughput.perSecond > before ? 'THROUGHPUT_UPGRADE' : 'ONBOARDING',
        max_daily_conversations_per_business: tierName(number.account.messagingLimit.limit),
      });
    }
    response.json(describeNumber(number));
  });

  return router;
}

function createApp(world: World, body: Params): MetaApp {
  const id = optionalString(body, 'app_id');
  if (id !== undefined && world.apps.has(id)) throw new ControlError(`app ${id} exists`, 409);
  return world.createApp({
    id,
    name: optionalString(body, 'name'),
    secret: optionalString(body, 'app_secret'),
    callback: readCallback(body),
  });
}

function createNumber(world: World, account: Account, draft: Params): PhoneNumber {
  checkKeys(draft, NUMBER_KEYS);
  const number = world.createNumber(account, {
    id: optionalString(draft, 'phone_number_id'),
    displayPhoneNumber: optionalString(draft, 'display_phone_number'),
    verifiedName: optionalString(draft, 'verified_name'),
  });
  changeNumber(number, draft);
  return number;
}

function changeAccount(world: World, account: Account, body: Params): void {
  const businessId = optionalString(body, 'business_id');
  if (businessId !== undefined) world.joinPortfolio(account, businessId);
  const { messagingLimit } = account;
  if (body['messaging_limit'] === null) messagingLimit.limit = null;
  else messagingLimit.limit = optionalNumber(body, 'messaging_limit', 1, 1e9) ?? messagingLimit.limit;
  account.management.limit = optionalNumber(body, 'management_limit', 0, 1e9) ?? account.management.limit;
}

function changeNumber(number: PhoneNumber, body: Params): void {
  number.throughput.perSecond = optionalNumber(body, 'throughput', 1, 1e6) ?? number.throughput.perSecond;
  const pair = optionalObject(body, 'pair_limit');
  if (pair !== undefined) {
    checkKeys(pair, ['burst', 'interval_s']);
    number.pairs.burst = optionalNumber(pair, 'burst', 1, 1e6) ?? number.pairs.burst;
    number.pairs.intervalMs =
      (optionalNumber(pair, 'interval_s', 0.001, 86_400) ?? number.pairs.intervalMs / 1000) * 1000;
  }
  number.enforceWindow = optionalBoolean(body, 'enforce_window') ?? number.enforceWindow;
  number.qualityRating = optionalChoice(body, 'quality_rating', QUALITY) ?? number.qualityRating;
  number.status = optionalString(body, 'status') ?? number.status;
  number.nameStatus = optionalString(body, 'name_status') ?? number.nameStatus;
  const behaviour = optionalObject(body, 'behaviour');
  if (behaviour !== undefined) number.behaviour = changeBehaviour(number.behaviour, behaviour);
}

function readCallback(body: Params): Callback | null {
  const url = optionalString(body, 'callback_url');
  if (url === undefined) return null;
  return { url, verifyToken: optionalString(body, 'verify_token') ?? '' };
}

function readScopes(value: unknown): Scope[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new ControlError('scopes must be a list');
  return value.map((name: unknown) => {
    const scope = SCOPES.find((known) => known === name);
    if (scope === undefined) throw new ControlError(`scopes may be ${SCOPES.join(', ')}`);
    return scope;
  });
}

function describeApp(app: MetaApp): object {
  return { app_id: app.id, name: app.name, app_secret: app.secret, callback_url: app.callback?.url ?? null };
}

function describeAccount(world: World, account: Account): object {
  return {
    app_id: account.app.id,
    app_secret: account.app.secret,
    waba_id: account.id,
    name: account.name,
    callback_url: account.overrideCallback?.url ?? account.app.callback?.url ?? null,
    subscribed: account.subscribed,
    business_id: account.businessId,
    messaging_limit: account.messagingLimit.limit,
    management_limit: account.management.limit,
    access_tokens: world.tokens.forAccount(account.id).map((token) => token.value),
    phone_numbers: account.numbers.map(describeNumber),
    templates: account.templates.list().map((template) => ({
      id: template.id,
      name: template.name,
      language: template.language,
      category: template.category,
      status: template.status,
    })),
  };
}

export function describeNumber(number: PhoneNumber): object {
  return {
    phone_number_id: number.id,
    waba_id: number.account.id,
    display_phone_number: number.profile.displayPhoneNumber,
    verified_name: number.profile.verifiedName,
    throughput: number.throughput.perSecond,
    pair_limit: { burst: number.pairs.burst, interval_s: number.pairs.intervalMs / 1000 },
    enforce_window: number.enforceWindow,
    quality_rating: number.qualityRating,
    status: number.status,
    name_status: number.nameStatus,
    behaviour: number.behaviour,
  };
}
