import { phoneDigits } from '../messages/phone-text.js';
import { Router } from 'express';
import { FAULT_KINDS, FAULT_TARGETS, type FaultDraft } from '../faults/fault-rules.js';
import type { World } from '../world/world.js';
import {
  ControlError,
  numberOf,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalString,
  readBody,
  type Params,
} from './control-params.js';

const KEYS = [
  'kind',
  'on',
  'count',
  'probability',
  'to',
  'type',
  'delay_ms',
  'code',
  'mode',
  'graph_body',
  'http_status',
  'details',
];

/** Faults of a phone number. */
export function faultRoutes(world: World): Router {
  const router = Router();

  router.post('/phone_numbers/:id/faults', (request, response) => {
    const number = numberOf(world, request.params.id);
    response.status(201).json(number.faults.add(readFault(readBody(request, KEYS))));
  });

  router.get('/phone_numbers/:id/faults', (request, response) => {
    response.json({ data: numberOf(world, request.params.id).faults.list() });
  });

  router.delete('/phone_numbers/:id/faults', (request, response) => {
    numberOf(world, request.params.id).faults.clear();
    response.json({ success: true });
  });

  router.delete('/phone_numbers/:id/faults/:fault', (request, response) => {
    if (!numberOf(world, request.params.id).faults.remove(Number(request.params.fault))) {
      throw new ControlError(`no fault ${request.params.fault}`, 404);
    }
    response.json({ success: true });
  });

  return router;
}

function recipientDigits(body: Params): string | null {
  const to = optionalString(body, 'to');
  return to === undefined ? null : phoneDigits(to);
}

function readFault(body: Params): FaultDraft {
  const kind = optionalChoice(body, 'kind', FAULT_KINDS);
  if (kind === undefined) throw new ControlError(`kind is missing; it is one of ${FAULT_KINDS.join(', ')}`);
  const code = optionalNumber(body, 'code', 0, 9_999_999);
  if (kind === 'error' && code === undefined) throw new ControlError('code is missing');
  return {
    kind,
    on: optionalChoice(body, 'on', FAULT_TARGETS) ?? 'messages',
    count: optionalNumber(body, 'count', 1, 1e9) ?? null,
    probability: optionalNumber(body, 'probability', 0, 1) ?? 1,
    to: recipientDigits(body),
    type: optionalString(body, 'type') ?? null,
    delayMs: optionalNumber(body, 'delay_ms', 0, 3_600_000) ?? 1000,
    code: code ?? 0,
    mode: optionalChoice(body, 'mode', ['sync', 'async'] as const) ?? 'sync',
    graphBody: optionalBoolean(body, 'graph_body') ?? false,
    httpStatus: optionalNumber(body, 'http_status', 400, 599) ?? null,
    details: optionalString(body, 'details') ?? 'Injected fault.',
  };
}
