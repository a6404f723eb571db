import { Router } from 'express';
import type { JournalEvent, JournalKind } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import { accountNamed, ControlError, numberOf, queryOf } from './control-params.js';
import { fits, messageFits } from './record-routes.js';

const KINDS: readonly JournalKind[] = ['request', 'message', 'status', 'inbound', 'webhook_delivered'];
const TIMEOUT_DEFAULT_MS = 10_000;
const TIMEOUT_MAX_MS = 120_000;
/** An answer shows at most this many of the matches. */
const SHOWN_MAX = 100;

type Query = Record<string, string>;

/**
 * `GET /control/wait`: answers as soon as `count` events match (those that happened already count), 408 when
 * they did not within `timeout_ms`. `kind=idle` waits until an account has nothing under way.
 */
export function waitRoutes(world: World): Router {
  const router = Router();

  router.get('/wait', async (request, response) => {
    const query = queryOf(request);
    const timeoutMs = Number(query['timeout_ms'] ?? TIMEOUT_DEFAULT_MS);
    const count = Number(query['count'] ?? 1);
    if (!(timeoutMs >= 0 && timeoutMs <= TIMEOUT_MAX_MS)) {
      throw new ControlError(`timeout_ms must be from 0 to ${TIMEOUT_MAX_MS}`);
    }
    if (!Number.isInteger(count) || count < 1) throw new ControlError('count must be a whole number from 1');
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    if (query['kind'] === 'idle') {
      const idle = await waitUntilIdle(world, query, timeoutMs, gone.signal);
      response.status(idle ? 200 : 408).json({ matched: idle });
      return;
    }
    const kind = KINDS.find((known) => known === query['kind']);
    if (kind === undefined) throw new ControlError(`kind must be one of ${KINDS.join(', ')}, idle`);
    const matches = await collect(world, kind, query, count, timeoutMs, gone.signal);
    response.status(matches.count >= count ? 200 : 408).json({
      matched: matches.count >= count,
      count: matches.count,
      events: matches.shown,
      last_seq: world.journal.lastSeq,
    });
  });

  return router;
}

async function waitUntilIdle(world: World, query: Query, timeoutMs: number, gone: AbortSignal): Promise<boolean> {
  const account = accountNamed(world, query);
  const isIdle = (): boolean =>
    account === null ? [...world.accounts.values()].every((one) => one.idle) : account.idle;
  if (isIdle()) return true;
  return new Promise((resolve) => {
    const finish = (result: boolean): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve(result);
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    const unsubscribe = world.journal.onSettled(() => {
      if (isIdle()) finish(true);
    });
    gone.addEventListener('abort', () => finish(false));
  });
}

interface Matches {
  count: number;
  shown: JournalEvent[];
}

async function collect(
  world: World,
  kind: JournalKind,
  query: Query,
  count: number,
  timeoutMs: number,
  gone: AbortSignal,
): Promise<Matches> {
  const matches: Matches = { count: 0, shown: [] };
  const since = Number(query['since'] ?? 0);
  const take = (event: JournalEvent): void => {
    if (event.kind !== kind || event.seq <= since || !eventFits(query, event)) return;
    matches.count += 1;
    if (matches.shown.length < SHOWN_MAX) matches.shown.push(event);
  };
  for (const event of past(world, kind, query)) take(event);
  if (matches.count >= count) return matches;
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve(matches);
    };
    const timer = setTimeout(finish, timeoutMs);
    const unsubscribe = world.journal.subscribe((event) => {
      take(event);
      if (matches.count >= count) finish();
    });
    gone.addEventListener('abort', finish);
  });
}

/** What already happened, as the events it was announced with. */
function* past(world: World, kind: JournalKind, query: Query): IterableIterator<JournalEvent> {
  const numbers = query['phone_number_id'] ? [numberOf(world, query['phone_number_id'])] : world.numbers.values();
  for (const number of numbers) yield* pastOf(number, kind);
}

function* pastOf(number: PhoneNumber, kind: JournalKind): IterableIterator<JournalEvent> {
  if (kind === 'request') {
    for (const request of number.requests) yield { kind, seq: request.seq, request };
    return;
  }
  if (kind === 'inbound' || kind === 'webhook_delivered') {
    for (const inbound of number.inbound) {
      if (kind === 'inbound') yield { kind, seq: inbound.seq, inbound };
      else if (inbound.delivered_at !== null) {
        yield {
          kind,
          seq: inbound.seq,
          field: 'messages',
          ...place(number),
          wamid: inbound.wamid,
          status: null,
          to: inbound.wa_id,
          attempt: 1,
        };
      }
    }
    if (kind === 'inbound') return;
  }
  for (const message of number.messages) {
    if (kind === 'message') {
      yield { kind, seq: message.seq, message };
      continue;
    }
    for (const status of message.statuses) {
      if (kind === 'status') yield { kind, seq: status.seq, message, status };
      else if (kind === 'webhook_delivered' && status.delivered_at !== null) {
        const to = message.wa_id ?? message.user_id;
        yield {
          kind,
          seq: status.seq,
          field: 'messages',
          ...place(number),
          wamid: message.wamid,
          status: status.status,
          to,
          attempt: 1,
        };
      }
    }
  }
}

function place(number: PhoneNumber): { waba_id: string; phone_number_id: string } {
  return { waba_id: number.account.id, phone_number_id: number.id };
}

function eventFits(query: Query, event: JournalEvent): boolean {
  switch (event.kind) {
    case 'request':
      return (
        fits(query, 'phone_number_id', event.request.phone_number_id) &&
        fits(query, 'to', event.request.to) &&
        fits(query, 'type', event.request.type) &&
        fits(query, 'wamid', event.request.wamid) &&
        fits(query, 'outcome', event.request.outcome) &&
        fits(query, 'error_code', event.request.error_code)
      );
    case 'message':
      return fits(query, 'phone_number_id', event.message.phone_number_id) && messageFits(query, event.message);
    case 'status':
      return (
        fits(query, 'phone_number_id', event.message.phone_number_id) &&
        fits(query, 'status', event.status.status) &&
        fits(query, 'error_code', event.status.error_code) &&
        messageFits(query, event.message)
      );
    case 'inbound':
      return fits(query, 'phone_number_id', event.inbound.phone_number_id) && fits(query, 'wamid', event.inbound.wamid);
    case 'webhook_delivered':
      return (
        fits(query, 'phone_number_id', event.phone_number_id) &&
        fits(query, 'waba_id', event.waba_id) &&
        fits(query, 'field', event.field) &&
        fits(query, 'wamid', event.wamid) &&
        fits(query, 'status', event.status) &&
        fits(query, 'to', event.to)
      );
  }
}
