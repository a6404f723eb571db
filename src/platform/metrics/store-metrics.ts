import { Counter, Gauge, type Registry } from 'prom-client';

/** The numbers of what stores deliver. */
export function storeMetrics(registry: Registry) {
  return {
    /** outcome: `sent`, `skipped`, `failed`; `postponed` (tried again later), `repeat`, `refused_signature`. */
    payloads: new Counter({
      name: 'rasl_store_payloads_total',
      help: 'Payloads of stores, by what became of them.',
      labelNames: ['outcome'] as const,
      registers: [registry],
    }),
    /** Since it came, or was last asked to be retried. */
    oldestAge: new Gauge({
      name: 'rasl_store_payload_oldest_age_seconds',
      help: 'How long the oldest payload of a store has waited to be worked off; 0 when none waits.',
      registers: [registry],
    }),
  };
}
