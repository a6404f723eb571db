import { phoneDigits } from '../messages/phone-text.js';
import { Router } from 'express';
import { metadata } from '../messages/status-value.js';
import type { InboundRecord } from '../record/records.js';
import type { UserIdentity } from '../world/contacts.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import {
  ControlError,
  isParams,
  numberOf,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalString,
  readBody,
  type Params,
} from './control-params.js';
import { INBOUND_TYPES, type InboundContent, type InboundContents, type InboundType } from './inbound-content.js';

const KEYS = [
  'from',
  'from_user_id',
  'hide_phone_number',
  'profile_name',
  'username',
  'type',
  'text',
  'media',
  'button',
  'interactive',
  'reaction',
  'location',
  'contacts',
  'order',
  'system',
  'context_message_id',
  'context',
  'referral',
  'timestamp',
  'message_id',
  'webhook',
];
/** These open no service window (WhatsApp counts what the user writes, not what happens to the user). */
const OPENS_NO_WINDOW: ReadonlySet<InboundType> = new Set(['reaction', 'system', 'unsupported']);

/** Messages from users, and the service windows they open. */
export function inboundRoutes(world: World, contents: InboundContents): Router {
  const router = Router();

  router.post('/phone_numbers/:id/inbound', async (request, response) => {
    const number = numberOf(world, request.params.id);
    const body = readBody(request, KEYS);
    const type = optionalChoice(body, 'type', INBOUND_TYPES) ?? 'text';
    const user = readUser(number, body);
    const content = await contents.build(type, body, number);
    const record = receive(world, number, user, type, content, body);
    response.status(201).json({
      message_id: record.wamid,
      wa_id: user.waId,
      user_id: user.userId,
      timestamp: String(Math.floor(record.at / 1000)),
      seq: record.seq,
    });
  });

  router.post('/phone_numbers/:id/window', (request, response) => {
    const number = numberOf(world, request.params.id);
    const body = readBody(request, ['from', 'from_user_id', 'open']);
    const user = readUser(number, body);
    if (optionalBoolean(body, 'open') ?? true) number.windows.open(user.userId, number.account.clock.now());
    else number.windows.close(user.userId);
    response.json({ open: number.windows.isOpen(user.userId, number.account.clock.now()), user_id: user.userId });
  });

  return router;
}

/** The user that `from` or `from_user_id` names, with what the body tells of the profile. */
export function readUser(number: PhoneNumber, body: Params): UserIdentity {
  const phone = optionalString(body, 'from');
  const from = phone === undefined ? undefined : phoneDigits(phone);
  const userId = optionalString(body, 'from_user_id');
  const { contacts } = number.account;
  if (from === undefined && userId === undefined) throw new ControlError('from or from_user_id is missing');
  if (from !== undefined && !/^\d{5,15}$/.test(from)) throw new ControlError('from must be a phone number');
  const user = from === undefined ? contacts.byUserId(userId ?? '') : contacts.byWaId(from);
  if (userId !== undefined && user.userId !== userId) contacts.changeUserId(user, userId);
  user.name = optionalString(body, 'profile_name') ?? user.name;
  user.username = optionalString(body, 'username') ?? user.username;
  return user;
}

/** Takes in one message of a user: record, window, throughput, webhook. */
export function receive(
  world: World,
  number: PhoneNumber,
  user: UserIdentity,
  type: InboundType,
  content: InboundContent,
  body: Params,
): InboundRecord {
  const { clock } = number.account;
  const seconds = optionalNumber(body, 'timestamp', 0, 1e11);
  const at = seconds === undefined ? clock.now() : seconds * 1000;
  const hidden = user.waId === null || optionalBoolean(body, 'hide_phone_number') === true;
  const wamid = optionalString(body, 'message_id') ?? world.wamids.next(user.waId ?? user.userId);
  const contextId = optionalString(body, 'context_message_id');
  const context = isParams(body['context'])
    ? body['context']
    : contextId === undefined
      ? undefined
      : { from: number.digits, id: contextId };
  const message = {
    ...(hidden ? {} : { from: user.waId }),
    from_user_id: user.userId,
    id: wamid,
    timestamp: String(Math.floor(at / 1000)),
    ...(context === undefined ? {} : { context }),
    ...(isParams(body['referral']) ? { referral: body['referral'] } : {}),
    ...content.fields,
  };
  const record: InboundRecord = {
    seq: world.journal.nextSeq(),
    wamid,
    phone_number_id: number.id,
    waba_id: number.account.id,
    at,
    wa_id: hidden ? null : user.waId,
    user_id: user.userId,
    type,
    body: JSON.stringify(message),
    asset_url: content.assetUrl,
    read_at: null,
    delivered_at: null,
  };
  number.rememberInbound(record);
  number.throughput.recordInbound(clock.now());
  if (!OPENS_NO_WINDOW.has(type)) number.windows.open(user.userId, at);
  if (world.journal.hasListeners) world.journal.publish({ kind: 'inbound', seq: record.seq, inbound: record });
  if (optionalBoolean(body, 'webhook') ?? true) announce(world, number, user, hidden, message, record);
  if (type === 'system' && isParams(content.fields['system'])) changeIdentity(number, user, content.fields['system']);
  return record;
}

function announce(
  world: World,
  number: PhoneNumber,
  user: UserIdentity,
  hidden: boolean,
  message: object,
  record: InboundRecord,
): void {
  const value = {
    messaging_product: 'whatsapp',
    metadata: metadata(number),
    contacts: [
      {
        profile: {
          name: user.name ?? 'Sandbox customer',
          ...(user.username === null ? {} : { username: user.username }),
        },
        ...(hidden ? {} : { wa_id: user.waId }),
        user_id: user.userId,
      },
    ],
    messages: [message],
  };
  world.webhooks.sendMessageChange(number, value, {
    wamid: record.wamid,
    to: user.waId,
    onSettled: (delivered) => {
      if (delivered) record.delivered_at = number.account.clock.now();
    },
  });
}

/** `system` tells that a user changed number or id: from then on the new one is right. */
function changeIdentity(number: PhoneNumber, user: UserIdentity, system: Params): void {
  const { contacts } = number.account;
  const waId = optionalString(system, 'wa_id');
  const userId = optionalString(system, 'user_id');
  if (system['type'] === 'user_changed_number' && waId !== undefined) contacts.changeNumber(user, waId);
  if (userId !== undefined && userId !== user.userId) contacts.changeUserId(user, userId);
}
