import { Router } from 'express';
import { metadata } from '../messages/status-value.js';
import type { UserIdentity } from '../world/contacts.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import {
  numberOf,
  optionalBoolean,
  optionalChoice,
  optionalNumber,
  optionalString,
  readBody,
} from './control-params.js';
import type { Params } from './control-params.js';
import { readUser } from './inbound-routes.js';

const WHO = ['from', 'from_user_id', 'hide_phone_number', 'profile_name', 'username', 'timestamp', 'webhook'];

/** What users do beside writing: they call, and they tell WhatsApp what they want of the business. */
export function customerRoutes(world: World): Router {
  const router = Router();

  router.post('/phone_numbers/:id/calls', (request, response) => {
    const number = numberOf(world, request.params.id);
    const body = readBody(request, [...WHO, 'event', 'call_id']);
    const user = readUser(number, body);
    const event = optionalChoice(body, 'event', ['connect', 'terminate'] as const) ?? 'connect';
    const at = timeOf(number, body);
    const id = optionalString(body, 'call_id') ?? world.wamids.next(user.waId ?? user.userId);
    // A call opens the service window by its own time, answered or not (WhatsApp, "Customer service windows").
    if (event === 'connect') number.windows.open(user.userId, at);
    const call = {
      id,
      to: number.digits,
      ...identity(user, body, 'from', 'from_user_id'),
      event,
      direction: 'USER_INITIATED',
      timestamp: seconds(at),
    };
    announce(world, number, 'calls', { contacts: [contactOf(user, body)], calls: [call] }, body);
    response.status(201).json({ call_id: id, user_id: user.userId, timestamp: seconds(at) });
  });

  router.post('/phone_numbers/:id/preferences', (request, response) => {
    const number = numberOf(world, request.params.id);
    const body = readBody(request, [...WHO, 'value']);
    const user = readUser(number, body);
    const value = optionalChoice(body, 'value', ['stop', 'resume'] as const) ?? 'stop';
    const timestamp = seconds(timeOf(number, body));
    // From then on marketing templates to the user fail with 131050.
    user.stoppedMarketing = value === 'stop';
    const preference = {
      ...identity(user, body, 'wa_id', 'user_id'),
      detail: value === 'stop' ? 'User requested to stop marketing messages' : 'User requested to resume them',
      category: 'marketing_messages',
      value,
      timestamp,
    };
    announce(
      world,
      number,
      'user_preferences',
      { contacts: [contactOf(user, body)], user_preferences: [preference] },
      body,
    );
    response.status(201).json({ user_id: user.userId, value, timestamp });
  });

  return router;
}

const seconds = (at: number): string => String(Math.floor(at / 1000));

function timeOf(number: PhoneNumber, body: Params): number {
  const given = optionalNumber(body, 'timestamp', 0, 1e11);
  return given === undefined ? number.account.clock.now() : given * 1000;
}

/** Who it is: the phone number under one key, unless it is not shown, and the user id under the other. */
function identity(user: UserIdentity, body: Params, phoneKey: string, userKey: string): object {
  const hidden = user.waId === null || optionalBoolean(body, 'hide_phone_number') === true;
  return { ...(hidden ? {} : { [phoneKey]: user.waId }), [userKey]: user.userId };
}

const contactOf = (user: UserIdentity, body: Params): object => ({
  profile: {
    name: user.name ?? 'Sandbox customer',
    ...(user.username === null ? {} : { username: user.username }),
  },
  ...identity(user, body, 'wa_id', 'user_id'),
});

function announce(world: World, number: PhoneNumber, field: string, value: object, body: Params): void {
  if (optionalBoolean(body, 'webhook') === false) return;
  world.webhooks.sendNumberChange(number, field, {
    messaging_product: 'whatsapp',
    metadata: metadata(number),
    ...value,
  });
}
