import { phoneDigits } from '../messages/phone-text.js';
import { Router } from 'express';
import { outgoingBubble } from '../page/bubble.js';
import type { MessageRecord } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import { ControlError, numberOf, optionalBoolean, queryOf, readBody } from './control-params.js';

const ROWS_DEFAULT = 1000;
const ROWS_MAX = 120_000;

/** What happened: requests, accepted messages, counts, totals. */
export function recordRoutes(world: World): Router {
  const router = Router();

  router.get('/requests', (request, response) => {
    const query = queryOf(request);
    const rows = query['phone_number_id'] ? numberOf(world, query['phone_number_id']).requests : world.otherRequests;
    const { since, limit } = window(query);
    const found = [];
    for (const row of rows) {
      if (row.seq <= since || !fits(query, 'to', row.to) || !fits(query, 'wamid', row.wamid)) continue;
      if (!fits(query, 'outcome', row.outcome) || !fits(query, 'method', row.method)) continue;
      if (!fits(query, 'error_code', row.error_code) || !fits(query, 'type', row.type)) continue;
      if (found.push(row) === limit) break;
    }
    response.json({ data: found, last_seq: world.journal.lastSeq });
  });

  router.get('/messages', (request, response) => {
    const query = queryOf(request);
    const { since, limit } = window(query);
    const found: MessageRecord[] = [];
    for (const message of numberFrom(world, query).messages) {
      if (message.seq <= since || !messageFits(query, message)) continue;
      if (found.push(message) === limit) break;
    }
    response.json({ data: found, last_seq: world.journal.lastSeq });
  });

  router.get('/codes', (request, response) => {
    const query = queryOf(request);
    const { since, limit } = window(query);
    const number = numberFrom(world, query);
    const found: object[] = [];
    for (const message of number.messages) {
      if (message.seq <= since || message.type !== 'template' || !messageFits(query, message)) continue;
      const { text, buttons } = outgoingBubble(number, message);
      const code = buttons.find(({ kind }) => kind === 'copy_code')?.value;
      if (code === undefined) continue;
      const { seq, wamid, at, wa_id } = message;
      if (found.push({ seq, wamid, at, to: wa_id, code, text }) === limit) break;
    }
    response.json({ data: found, last_seq: world.journal.lastSeq });
  });

  router.get('/messages/counts', (request, response) => {
    const query = queryOf(request);
    const { since } = window(query);
    const separator = query['separator'] ?? ';';
    const counts: Record<string, number> = {};
    let total = 0;
    let withoutOpaque = 0;
    for (const message of numberFrom(world, query).messages) {
      if (message.seq <= since || !messageFits(query, message)) continue;
      total += 1;
      const part = message.biz_opaque_callback_data?.split(separator, 1)[0];
      if (part === undefined) withoutOpaque += 1;
      else counts[part] = (counts[part] ?? 0) + 1;
    }
    const duplicates = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 1));
    response.json({
      total,
      distinct: Object.keys(counts).length,
      without_opaque: withoutOpaque,
      duplicates,
      ...(query['summary'] === 'true' ? {} : { counts }),
    });
  });

  router.get('/inbound', (request, response) => {
    const query = queryOf(request);
    const { since, limit } = window(query);
    const rows = [...numberFrom(world, query).inbound].filter(
      (row) => row.seq > since && fits(query, 'wamid', row.wamid),
    );
    response.json({ data: rows.slice(0, limit), last_seq: world.journal.lastSeq });
  });

  router.get('/stalls', (_request, response) => {
    response.json({ data: world.stalls.list() });
  });

  router.get('/stats', (_request, response) => {
    response.json({
      last_seq: world.journal.lastSeq,
      memory_rss_bytes: process.memoryUsage.rss(),
      cpu_ms: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1000),
      updates_without_callback: world.webhooks.withoutCallback,
      callbacks: world.webhooks.stats(),
      accounts: [...world.accounts.values()].map((account) => ({
        waba_id: account.id,
        idle: account.idle,
        messages_under_way: account.messagesUnderWay,
        webhook_backlog: account.updatesUnderWay,
        held_while_paused: world.webhooks.heldCount(account),
        clock_offset_ms: Math.round(account.clock.offsetMs),
        phone_numbers: account.numbers.map(totals),
      })),
    });
  });

  router.get('/phone_numbers/:id/stats', (request, response) => {
    response.json(totals(numberOf(world, request.params.id)));
  });

  router.post('/record', (request, response) => {
    const bodies = optionalBoolean(readBody(request, ['bodies']), 'bodies');
    if (bodies !== undefined) world.journal.keepBodies = bodies;
    response.json({ bodies: world.journal.keepBodies });
  });

  return router;
}

function totals(number: PhoneNumber): object {
  const outcomes: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  const count = (into: Record<string, number>, key: string | number): void => {
    into[key] = (into[key] ?? 0) + 1;
  };
  for (const request of number.requests) {
    count(outcomes, request.outcome);
    if (request.error_code !== null) count(errors, request.error_code);
  }
  for (const message of number.messages) for (const { status } of message.statuses) count(statuses, status);
  return {
    phone_number_id: number.id,
    max_accepted_per_sliding_second: number.throughput.maxSendsPerSecond,
    accepted: number.messages.length,
    inbound: number.inbound.length,
    requests: outcomes,
    errors,
    statuses,
  };
}

function numberFrom(world: World, query: Record<string, string>): PhoneNumber {
  return numberOf(world, query['phone_number_id'] ?? '(phone_number_id is missing)');
}

function window(query: Record<string, string>): { since: number; limit: number } {
  const since = Number(query['since'] ?? 0);
  const limit = Number(query['limit'] ?? ROWS_DEFAULT);
  if (!Number.isInteger(since) || !Number.isInteger(limit) || limit < 1 || limit > ROWS_MAX) {
    throw new ControlError(`since and limit must be whole numbers, limit at most ${ROWS_MAX}`);
  }
  return { since, limit };
}

/** `to` is compared by its digits, everything else as it is. */
export function fits(query: Record<string, string>, key: string, value: string | number | null): boolean {
  const wanted = query[key];
  if (wanted === undefined || wanted === '') return true;
  if (value === null) return false;
  return key === 'to' ? phoneDigits(wanted) === String(value) : wanted === String(value);
}

export function messageFits(query: Record<string, string>, message: MessageRecord): boolean {
  if (!fits(query, 'to', message.wa_id ?? message.user_id)) return false;
  if (!fits(query, 'wamid', message.wamid) || !fits(query, 'type', message.type)) return false;
  const { opaque } = query;
  const data = message.biz_opaque_callback_data;
  // The message part, or all of it: `m=1` finds `m=1;a=1` but not `m=12;a=1`.
  return !opaque || data === opaque || data?.startsWith(`${opaque};`) === true;
}
