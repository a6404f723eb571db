import type { Response } from 'express';
import type { JournalEvent } from '../record/records.js';
import type { PhoneNumber } from '../world/phone-number.js';
import type { World } from '../world/world.js';
import { inboundBubble, outgoingBubble, type Bubble } from './bubble.js';
import { nameOf } from './conversations.js';

/** Changes within this time go out together. */
const FLUSH_EVERY_MS = 100;
/** With more changes than this the page is told to load afresh: nobody reads that many bubbles. */
const CHANGES_MAX = 100;
const HEARTBEAT_MS = 15_000;

/** Server-Sent Events: every bubble of a number that is new or changed. */
export function streamBubbles(world: World, number: PhoneNumber, response: Response): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('retry: 1000\n\n');
  const changed = new Map<string, () => Bubble>();
  let timer: NodeJS.Timeout | null = null;

  const flush = (): void => {
    timer = null;
    if (changed.size > CHANGES_MAX) {
      response.write('event: reload\ndata: {}\n\n');
    } else {
      for (const bubble of changed.values()) {
        const view = bubble();
        const data = { ...view, name: nameOf(number, view.conversation) };
        response.write(`event: bubble\ndata: ${JSON.stringify(data)}\n\n`);
      }
    }
    changed.clear();
  };

  const unsubscribe = world.journal.subscribe((event) => {
    const change = changeOf(number, event);
    if (change === null) return;
    changed.set(change.wamid, change.bubble);
    timer ??= setTimeout(flush, FLUSH_EVERY_MS);
  });
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  response.on('close', () => {
    unsubscribe();
    clearInterval(heartbeat);
    if (timer !== null) clearTimeout(timer);
  });
}

function changeOf(number: PhoneNumber, event: JournalEvent): { wamid: string; bubble: () => Bubble } | null {
  switch (event.kind) {
    case 'message':
    case 'status': {
      const { message } = event;
      if (message.phone_number_id !== number.id) return null;
      return { wamid: message.wamid, bubble: () => outgoingBubble(number, message) };
    }
    case 'inbound': {
      const { inbound } = event;
      if (inbound.phone_number_id !== number.id) return null;
      return { wamid: inbound.wamid, bubble: () => inboundBubble(inbound) };
    }
    case 'webhook_delivered': {
      if (event.phone_number_id !== number.id || event.status !== null || event.wamid === null) return null;
      const inbound = number.findInbound(event.wamid);
      return inbound === undefined ? null : { wamid: inbound.wamid, bubble: () => inboundBubble(inbound) };
    }
    case 'request':
      return null;
  }
}
