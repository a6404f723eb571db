import type { EventName, ResourceType } from '../event-types.js';
import type { Attributes } from '../record-event.js';

/** What a resource belongs to, by name: an object, a list of objects, or null. */
export type Relationships = Readonly<Record<string, unknown>>;

/** The body of a webhook: the documented format (docs/guides/webhooks.md). */
export interface EventPayload {
  readonly event: {
    /** `evt_<unix seconds>_<12 of [a-z0-9]>`: the same whenever this event is delivered. */
    readonly id: string;
    readonly type: EventName;
    /** When it happened: ISO 8601 with milliseconds and `Z`. */
    readonly timestamp: string;
    readonly version: '1.0';
    /** Rises with the changes of one resource. */
    readonly sequence: number;
  };
  readonly tenant: {
    readonly id: number;
    readonly name: string;
    /** The subdomain. */
    readonly domain: string;
  };
  readonly data: {
    readonly resource: {
      readonly type: ResourceType;
      readonly id: number;
      /** As the REST API shows it; of what was deleted, as it was last. */
      readonly attributes: Attributes;
    };
    readonly relationships: Relationships;
  };
  readonly changes: {
    /** All attributes as they were before; null when there was nothing before. */
    readonly previous: Attributes | null;
    /** All attributes as they are now; empty when nothing is left. */
    readonly current: Attributes;
    /** Names of the attributes that differ; null when there is nothing to compare. */
    readonly modified_fields: readonly string[] | null;
  };
  readonly metadata: {
    readonly source: 'api_webhook_manager';
    readonly environment: string;
    /** Of the request that made the change, or sent the message; null when none did. */
    readonly request_id: string | null;
  };
}
