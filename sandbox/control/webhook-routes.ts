import axios from 'axios';
import { Router } from 'express';
import { escapeNonAscii, signBody } from '../webhooks/signature.js';
import type { World } from '../world/world.js';
import {
  accountNamed,
  accountOf,
  ControlError,
  isParams,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalString,
  readBody,
  requiredString,
} from './control-params.js';

const SIGNATURES = ['right', 'wrong', 'missing'] as const;
const INJECT_TIMEOUT_MS = 20_000;

/** Webhooks of an account, injected bodies, and the clock. */
export function webhookRoutes(world: World): Router {
  const router = Router();

  router.post('/accounts/:id/webhooks/pause', (request, response) => {
    world.webhooks.pause(accountOf(world, request.params.id));
    response.json({ paused: true });
  });

  router.post('/accounts/:id/webhooks/resume', (request, response) => {
    world.webhooks.resume(accountOf(world, request.params.id));
    response.json({ paused: false });
  });

  router.post('/accounts/:id/webhooks/retry', (request, response) => {
    world.webhooks.retryNow(accountOf(world, request.params.id));
    response.json({ success: true });
  });

  router.post('/accounts/:id/webhooks/signature', (request, response) => {
    const account = accountOf(world, request.params.id);
    const mode = optionalChoice(readBody(request, ['mode']), 'mode', SIGNATURES);
    if (mode === undefined) throw new ControlError('mode is missing');
    account.signature = mode;
    response.json({ mode });
  });

  router.post('/accounts/:id/events', (request, response) => {
    const account = accountOf(world, request.params.id);
    const body = readBody(request, ['field', 'value']);
    if (!isParams(body['value'])) throw new ControlError('value must be a JSON object');
    world.webhooks.sendAccountChange(account, requiredString(body, 'field'), body['value']);
    response.status(201).json({ success: true });
  });

  router.post('/webhooks/inject', async (request, response) => {
    const body = readBody(request, [
      'waba_id',
      'phone_number_id',
      'callback_url',
      'payload',
      'raw',
      'signature',
      'app_secret',
    ]);
    const account = accountNamed(world, body);
    const url = optionalString(body, 'callback_url') ?? account?.overrideCallback?.url ?? account?.app.callback?.url;
    const secret = optionalString(body, 'app_secret') ?? account?.app.secret;
    if (url === undefined || secret === undefined) {
      throw new ControlError('name an account with a callback, or give callback_url and app_secret');
    }
    const raw = optionalString(body, 'raw');
    const bytes = Buffer.from(raw ?? escapeNonAscii(JSON.stringify(body['payload'])), 'utf8');
    const signature = optionalChoice(body, 'signature', SIGNATURES) ?? 'right';
    response.json(await postOnce(url, bytes, signature, secret));
  });

  router.get('/clock', (_request, response) => {
    response.json({
      offset_ms: world.clockOffsetMs,
      accounts: [...world.accounts.values()].map((account) => ({
        waba_id: account.id,
        now_ms: account.clock.now(),
        offset_ms: Math.round(account.clock.offsetMs),
        frozen: account.clock.frozen,
        tasks_waiting: account.clock.waiting,
      })),
    });
  });

  router.post('/clock', (request, response) => {
    const body = readBody(request, ['waba_id', 'phone_number_id', 'advance_s', 'advance_ms', 'frozen']);
    const account = accountNamed(world, body);
    const frozen = optionalBoolean(body, 'frozen');
    const advanceMs =
      (optionalNumber(body, 'advance_s', 0, 1e9) ?? 0) * 1000 + (optionalNumber(body, 'advance_ms', 0, 1e12) ?? 0);
    const accounts = account === null ? [...world.accounts.values()] : [account];
    if (frozen === true) for (const one of accounts) one.clock.freeze();
    if (advanceMs > 0) world.advance(account, advanceMs);
    if (frozen === false) for (const one of accounts) one.clock.unfreeze();
    response.json({ advanced_ms: advanceMs, now_ms: accounts[0]?.clock.now(), frozen: accounts[0]?.clock.frozen });
  });

  return router;
}

/** One POST without retries. */
async function postOnce(
  url: string,
  bytes: Buffer,
  signature: (typeof SIGNATURES)[number],
  secret: string,
): Promise<object> {
  const sign = (key: string): Record<string, string> => ({ 'x-hub-signature-256': signBody(bytes, key) });
  const signatureHeader = signature === 'missing' ? {} : sign(signature === 'right' ? secret : `${secret} (wrong)`);
  try {
    const answer = await axios.post<string>(url, bytes, {
      headers: { 'content-type': 'application/json', ...signatureHeader },
      timeout: INJECT_TIMEOUT_MS,
      maxRedirects: 0,
      proxy: false,
      responseType: 'text',
      transformResponse: (data: unknown) => data,
      validateStatus: () => true,
    });
    return { status: answer.status, body: String(answer.data) };
  } catch (error) {
    return { status: null, error: error instanceof Error ? error.message : String(error) };
  }
}
