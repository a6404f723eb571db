import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The numbers of changes on their way to become events for the webhooks of tenants. */
export function eventMetrics(registry: Registry) {
  return {
    /** Changes that were made events of webhooks. */
    dispatched: new Counter({
      name: 'rasl_events_dispatched_total',
      help: 'Changes that were made events for the webhooks of tenants.',
      registers: [registry],
    }),
    /** Tries to make an event of a change that failed; the change stands aside. */
    failures: new Counter({
      name: 'rasl_event_failures_total',
      help: 'Tries to make an event of a change that failed.',
      registers: [registry],
    }),
    /** How long the oldest change has waited to become an event. */
    outboxOldestAge: new Gauge({
      name: 'rasl_event_outbox_oldest_age_seconds',
      help: 'How long the oldest change has waited to become an event; 0 when none waits.',
      registers: [registry],
    }),
    /** Changes that wait to become events (`state` waiting), and those that stand aside because they could not (aside). */
    outboxDepth: new Gauge({
      name: 'rasl_event_outbox_changes',
      help: 'Changes that are not events yet, counted up to a bound.',
      labelNames: ['state'] as const,
      registers: [registry],
    }),
  };
}

/** The numbers of what is delivered to tenants' endpoints. */
export function outgoingWebhookMetrics(registry: Registry) {
  return {
    /** outcome: `delivered`, `failed`; attempt: `first`, `retry`. */
    attempts: new Counter({
      name: 'rasl_outgoing_webhook_attempts_total',
      help: "Attempts to deliver an event to a tenant's endpoint, by outcome.",
      labelNames: ['outcome', 'attempt'] as const,
      registers: [registry],
    }),
    duration: new Histogram({
      name: 'rasl_outgoing_webhook_duration_seconds',
      help: "Duration of calls to tenants' endpoints.",
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
      registers: [registry],
    }),
    /** Of events that were delivered by their first attempt. */
    lag: new Histogram({
      name: 'rasl_outgoing_webhook_lag_seconds',
      help: 'Time from a change until an endpoint had its event, where the first attempt succeeded.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600],
      registers: [registry],
    }),
    deadLetters: new Counter({
      name: 'rasl_outgoing_webhook_dead_letters_total',
      help: 'Deliveries that were given up.',
      registers: [registry],
    }),
    disabled: new Counter({
      name: 'rasl_outgoing_webhook_endpoints_disabled_total',
      help: 'Endpoints that the platform disabled, by reason (failing, gone).',
      labelNames: ['reason'] as const,
      registers: [registry],
    }),
    /** state: `enabled`, `failing` (enabled, the last delivery failed), `disabled` (by the platform). */
    endpoints: new Gauge({
      name: 'rasl_outgoing_webhook_endpoints',
      help: 'Endpoints of all tenants, by state.',
      labelNames: ['state'] as const,
      registers: [registry],
    }),
    oldestDueAge: new Gauge({
      name: 'rasl_outgoing_webhook_oldest_due_age_seconds',
      help: 'How long the oldest due delivery to an endpoint that does not fail has been due; 0 when there is none.',
      registers: [registry],
    }),
  };
}
