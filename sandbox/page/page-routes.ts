import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import express, { Router, type RequestHandler, type Response } from 'express';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import { bubblesWith, conversations } from './conversations.js';
import { streamBubbles } from './live-feed.js';

/** Nothing but our own files runs or is shown. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** The phone: a page that shows the conversations of a number as a customer sees them. */
export function pageRoutes(world: World): Router {
  const router = Router();

  router.get('/', protect, (_request, response) => {
    response.sendFile('index.html', { root: staticFolder(), cacheControl: false });
  });
  router.use('/page/static', protect, express.static(staticFolder(), { index: false, cacheControl: false }));

  router.get('/page/numbers', (_request, response) => {
    const numbers = [...world.numbers.values()].map((number) => ({
      phone_number_id: number.id,
      display_phone_number: number.profile.displayPhoneNumber,
      verified_name: number.profile.verifiedName,
      messages: number.messages.length + number.inbound.length,
    }));
    response.json({ data: numbers });
  });

  router.get('/page/:number/conversations', (request, response) => {
    withNumber(world, request.params.number, response, (number) => response.json({ data: conversations(number) }));
  });

  router.get('/page/:number/conversations/:user', (request, response) => {
    withNumber(world, request.params.number, response, (number) =>
      response.json({ data: bubblesWith(number, request.params.user) }),
    );
  });

  router.get('/page/:number/events', (request, response) => {
    withNumber(world, request.params.number, response, (number) => streamBubbles(world, number, response));
  });

  return router;
}

function withNumber(world: World, id: string, response: Response, answer: (number: PhoneNumber) => void): void {
  const number = world.numbers.get(id);
  if (number === undefined) response.status(404).json({ error: `no phone number ${id}` });
  else answer(number);
}

const protect: RequestHandler = (_request, response, next) => {
  response.setHeader('content-security-policy', PAGE_POLICY);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  next();
};

/** The page's files are used as they are in the source tree, also when the program runs from `dist/`. */
function staticFolder(): string {
  const beside = new URL('./static/', import.meta.url);
  const source = new URL('../../../sandbox/page/static/', import.meta.url);
  return fileURLToPath(existsSync(new URL('index.html', beside)) ? beside : source);
}
