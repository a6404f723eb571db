import { isDeepStrictEqual } from 'node:util';
import type { MediaLinks } from '../../../media/media-links.js';
import type { OutboxRow } from '../dispatch/outbox-row.js';
import { type EventName, isEventName, resourceTypeOf } from '../event-types.js';
import type { Attributes } from '../record-event.js';
import { newEventId } from './event-id.js';
import type { EventPayload } from './event-payload.js';
import { UnreadableFactsError } from './facts.js';
import { showResource } from './resources.js';
import type { EventTenant, Surroundings } from './surroundings.js';

/** Where events come from. */
interface Origin {
  readonly tenant: EventTenant;
  /** `production`, `development` or `test`. */
  readonly environment: string;
}

/** An event as it is delivered. */
export interface RenderedEvent {
  readonly row: OutboxRow;
  readonly type: EventName;
  /** `evt_…` */
  readonly eventId: string;
  /** Such as `contact:456`: what is delivered in order. */
  readonly resource: string;
  readonly payload: EventPayload;
}

/**
 * Makes an event of a row in the documented format, with a new id.
 * @throws UnreadableFactsError when the row does not hold what the event shows
 */
export function renderEvent(row: OutboxRow, origin: Origin, around: Surroundings, links: MediaLinks): RenderedEvent {
  const { type, tenantId, resourceId } = row;
  if (!isEventName(type)) throw new UnreadableFactsError(`there is no event ${type}`);
  const kind = resourceTypeOf(type);
  const show = (written: unknown) => showResource(kind, written, tenantId, around, links);
  const previous = row.previous === null ? null : show(row.previous);
  const current = row.current === null ? null : show(row.current);
  const last = current ?? previous;
  if (!last) throw new UnreadableFactsError('nothing was, and nothing is');
  const eventId = newEventId(row.occurredAt);
  const { id, name, domain } = origin.tenant;
  const payload: EventPayload = {
    event: { id: eventId, type, timestamp: row.occurredAt.toISOString(), version: '1.0', sequence: row.id },
    tenant: { id, name, domain },
    data: {
      resource: { type: kind, id: resourceId, attributes: last.attributes },
      relationships: last.relationships,
    },
    changes: {
      previous: previous?.attributes ?? null,
      current: current?.attributes ?? {},
      modified_fields: previous && current ? modifiedFields(previous.attributes, current.attributes) : null,
    },
    metadata: { source: 'api_webhook_manager', environment: origin.environment, request_id: around.request(row) },
  };
  return { row, type, eventId, resource: `${kind}:${String(resourceId)}`, payload };
}

/** When it was changed says nothing of what was changed. */
const NOT_TOLD = new Set(['updated_at']);

/** Names of the attributes that differ, in the order in which they are shown. */
function modifiedFields(previous: Attributes, current: Attributes): string[] {
  return Object.keys(current).filter(
    (name) => !NOT_TOLD.has(name) && !isDeepStrictEqual(previous[name], current[name]),
  );
}
