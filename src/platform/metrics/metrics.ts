import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { otpMetrics } from './otp-metrics.js';
import { storeMetrics } from './store-metrics.js';
import { eventMetrics, outgoingWebhookMetrics } from './webhook-metrics.js';

/** Fills gauges when somebody scrapes. Must answer quickly; a failure leaves the other metrics as they are. */
export type ScrapeCollector = () => Promise<void> | void;

/**
 * Every number that the program shows at `/metrics`, in one place. Names follow Prometheus' conventions: base units
 * (seconds), `_total` for counters. Labels have few values: route patterns, never ids; only the `rasl_number_…` gauges
 * name numbers, and of those not more than NUMBERS_SHOWN, and the `rasl_otp_…` counters name the tenants that send codes.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly collectors = new Map<string, ScrapeCollector>();

  /** Requests answered, by method, route pattern (`unmatched` for none) and HTTP status (`aborted`: caller left). */
  readonly httpRequests = new Counter({
    name: 'rasl_http_requests_total',
    help: 'HTTP requests answered.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [this.registry],
  });

  /** From the arrival of the headers to the end of the answer. The upper buckets are for uploads and waiting sends. */
  readonly httpDuration = new Histogram({
    name: 'rasl_http_request_duration_seconds',
    help: 'Time from the arrival of the headers to the end of the answer.',
    labelNames: ['method', 'route'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
    registers: [this.registry],
  });

  /** Which limiter decided about a call: `redis`, or `local` while Redis was away. */
  readonly rateLimitDecisions = new Counter({
    name: 'rasl_rate_limit_decisions_total',
    help: 'Decisions of the per-token rate limit.',
    labelNames: ['limiter', 'outcome'] as const,
    registers: [this.registry],
  });

  /** Token look-ups: `cached`, `database`, or `checksum` (refused without either). */
  readonly tokenLookups = new Counter({
    name: 'rasl_token_lookups_total',
    help: 'Look-ups of access tokens by where they were answered.',
    labelNames: ['source'] as const,
    registers: [this.registry],
  });

  /** Attempts by their end: accepted, refused, not_written, released, unknown. */
  readonly sends = new Counter({
    name: 'rasl_sends_total',
    help: 'Attempts to hand a message to WhatsApp, by outcome.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  /** The call to WhatsApp alone. */
  readonly sendDuration = new Histogram({
    name: 'rasl_send_duration_seconds',
    help: 'Duration of calls to the WhatsApp Cloud API that send a message.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });

  /** From the moment a message was due until its request was written. */
  readonly sendDelay = new Histogram({
    name: 'rasl_send_delay_seconds',
    help: 'Time from when a message was due until its request was written.',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
    registers: [this.registry],
  });

  /** How far ahead the rate slot lay that a release got; 0 when it could leave at once. */
  readonly rateSlotWait = new Histogram({
    name: 'rasl_rate_slot_wait_seconds',
    help: "Wait for a slot of the number's rate.",
    buckets: [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers: [this.registry],
  });

  /** Slots that were not used because the job came too late and reserved again. */
  readonly rateSlotsMissed = new Counter({
    name: 'rasl_rate_slots_missed_total',
    help: 'Rate slots reserved again because the job was late.',
    registers: [this.registry],
  });

  /** Breakers of numbers: `open` (20 calls in a row timed out, or a probe did), `closed` (answered again). */
  readonly breakerChanges = new Counter({
    name: 'rasl_number_breaker_changes_total',
    help: "Openings and closings of numbers' circuit breakers in this process.",
    labelNames: ['state'] as const,
    registers: [this.registry],
  });

  /** Numbers that this process does not call at present, because their calls hang. */
  readonly openBreakers = new Gauge({
    name: 'rasl_number_breakers_open',
    help: 'Numbers whose circuit breaker is open in this process.',
    registers: [this.registry],
  });

  /** Of one-time codes. */
  readonly otp = otpMetrics(this.registry);

  /** Of changes that become events for the webhooks of tenants. */
  readonly events = eventMetrics(this.registry);

  /** Raw webhooks: `stored`, `refused_signature`. One that is too large is a 413 of {@link httpRequests}. */
  readonly webhooksReceived = new Counter({
    name: 'rasl_webhooks_received_total',
    help: 'Raw webhooks from WhatsApp, by what became of them.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  /** Items inside webhooks, by kind (message, status, template, other) and outcome (applied, repeated, parked, failed). */
  readonly webhookItems = new Counter({
    name: 'rasl_webhook_items_total',
    help: 'Items of processed webhooks.',
    labelNames: ['kind', 'outcome'] as const,
    registers: [this.registry],
  });

  /** From storing a raw webhook until its items were applied. */
  readonly webhookLag = new Histogram({
    name: 'rasl_webhook_lag_seconds',
    help: 'Time from storing a raw webhook until it was processed.',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers: [this.registry],
  });

  /** Messages by state of the outbox: `due` (may leave now), `scheduled`, `sending`. Read from Postgres. */
  readonly queueDepth = new Gauge({
    name: 'rasl_delivery_queue_depth',
    help: 'Messages that wait to be sent, from Postgres.',
    labelNames: ['state'] as const,
    registers: [this.registry],
  });

  /** Age of the oldest message that could have left already. 0 when there is none. */
  readonly queueOldestAge = new Gauge({
    name: 'rasl_delivery_queue_oldest_age_seconds',
    help: 'How long the oldest due message has been due.',
    registers: [this.registry],
  });

  /** Jobs of the delivery queue in Redis by state (waiting, active, delayed, prioritized). */
  readonly queueJobs = new Gauge({
    name: 'rasl_delivery_queue_jobs',
    help: 'Jobs of the delivery queue in Redis: what the API released or a lane woke. The backlog never stands there.',
    labelNames: ['state'] as const,
    registers: [this.registry],
  });

  /** Raw webhooks that wait, and the age of the oldest. */
  readonly inboxDepth = new Gauge({
    name: 'rasl_webhook_inbox_depth',
    help: 'Raw webhooks that are not processed yet (counted up to 10,000).',
    registers: [this.registry],
  });
  readonly inboxOldestAge = new Gauge({
    name: 'rasl_webhook_inbox_oldest_age_seconds',
    help: 'Age of the oldest raw webhook that is not processed yet.',
    registers: [this.registry],
  });

  /** Numbers that an operator must resume. */
  readonly pausedNumbers = new Gauge({
    name: 'rasl_paused_numbers',
    help: 'WhatsApp numbers whose sending is paused.',
    registers: [this.registry],
  });

  /** 1 while the operator holds all delivery. */
  readonly deliveryHeld = new Gauge({
    name: 'rasl_delivery_held',
    help: 'Whether all delivery is held by the operator.',
    registers: [this.registry],
  });

  /** Messages whose outcome is not known. */
  readonly unknownMessages = new Gauge({
    name: 'rasl_unknown_messages',
    help: 'Messages that WhatsApp may or may not have.',
    registers: [this.registry],
  });

  /** How long receiver and processor of webhooks (`component`) have not said that they work. */
  readonly intakeBeatAge = new Gauge({
    name: 'rasl_intake_beat_age_seconds',
    help: "Age of the last beat of the intake of WhatsApp's webhooks.",
    labelNames: ['component'] as const,
    registers: [this.registry],
  });

  /** Of the numbers in trouble or with a backlog alone, see NumberGauges. */
  readonly numbers = {
    backlog: this.ofNumbers('rasl_number_backlog', 'Messages of the number that wait, counted up to a bound.'),
    oldestAge: this.ofNumbers(
      'rasl_number_oldest_due_age_seconds',
      "How long the number's next message has been due; 0 when none is.",
    ),
    paused: this.ofNumbers('rasl_number_paused', 'Whether sending by the number is paused.'),
    /** age: `under_1m`, `under_15m`, `older`. */
    unknown: new Gauge({
      name: 'rasl_number_unknown_messages',
      help: 'Messages of the number whose outcome is not known, by how long it is not.',
      labelNames: ['phone_number_id', 'age'] as const,
      registers: [this.registry],
    }),
    rateFactor: this.ofNumbers('rasl_number_rate_factor', "Share of the number's rate that may be used now, 0 to 1."),
    breakerOpen: this.ofNumbers('rasl_number_breaker_open', "Whether the number's calls hang and are kept back."),
    tierUsed: this.ofNumbers(
      'rasl_number_tier_used_ratio',
      "Used share of the messaging limit of the number's portfolio; no series without a limit.",
    ),
  };

  /** What the platform tells tenants' programs; `rasl_webhook…` above is what WhatsApp tells us. */
  readonly outgoingWebhooks = outgoingWebhookMetrics(this.registry);

  /** What stores deliver. */
  readonly stores = storeMetrics(this.registry);

  /** Collectors that failed, by name: their gauges are stale. */
  readonly collectionErrors = new Counter({
    name: 'rasl_metrics_collection_errors_total',
    help: 'Failures of collectors at a scrape.',
    labelNames: ['collector'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  private ofNumbers(name: string, help: string): Gauge<'phone_number_id'> {
    return new Gauge({ name, help, labelNames: ['phone_number_id'], registers: [this.registry] });
  }

  /** Runs `collect` at every scrape. One name, one collector. */
  onScrape(name: string, collect: ScrapeCollector): void {
    if (this.collectors.has(name)) throw new Error(`A collector named ${name} exists already`);
    this.collectors.set(name, collect);
  }

  /** The text that Prometheus reads, and its content type. A failing collector is counted, not thrown. */
  async scrape(): Promise<{ contentType: string; text: string }> {
    await Promise.all(
      [...this.collectors].map(async ([name, collect]) => {
        try {
          await collect();
        } catch {
          this.collectionErrors.inc({ collector: name });
        }
      }),
    );
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}
