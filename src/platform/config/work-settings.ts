import 'reflect-metadata';
import { IsString } from 'class-validator';
import { WholeNumber } from './setting-rules.js';

/**
 * The settings of how the program works: how much at once, how often, for how long, and how long it keeps what it
 * leaves behind. Every one has a default. Part of `Settings`.
 */
export class WorkSettings {
  // Delivery

  /** Messages that one worker process has in work at once; one number has a fifth of them at most. */
  @WholeNumber(1, 5000)
  DELIVERY_CONCURRENCY = 1000;

  /** How long a released message may wait for its worker before it is released again, seconds. */
  @WholeNumber(1, 3600)
  RELEASE_LEASE_S = 10;

  /** How long a worker may hold a message before its request is written, seconds. */
  @WholeNumber(1, 3600)
  CLAIM_LEASE_S = 30;

  /** How long a request may be on the wire before its outcome is `unknown`, seconds. Longer than the time-out. */
  @WholeNumber(1, 3600)
  SUBMIT_LEASE_S = 45;

  /** Messages that one number may send to one recipient in a burst (WhatsApp, "Pair rate limits"). */
  @WholeNumber(1, 1_000_000)
  PAIR_BURST = 45;

  /** Time between two messages of one number to one recipient in the long run, milliseconds. */
  @WholeNumber(1, 3_600_000)
  PAIR_INTERVAL_MS = 6000;

  /** How often workers look for due rows, milliseconds. */
  @WholeNumber(20, 60_000)
  RECOVERY_INTERVAL_MS = 250;

  /** How often WhatsApp is asked about each number's throughput, quality and messaging limit, seconds. */
  @WholeNumber(1, 86_400)
  NUMBER_POLL_S = 3600;

  /** After this long without a word from WhatsApp the tenant's policy settles an unknown outcome, seconds. */
  @WholeNumber(1, 86_400)
  UNKNOWN_SETTLE_S = 900;

  /** How long WhatsApp's answers may be awaited when our intake of webhooks was not healthy, seconds. */
  @WholeNumber(1, 604_800)
  UNKNOWN_SETTLE_MAX_S = 7200;

  /** How long a message waits for the earlier ones to the same recipient at most, from its due time, seconds. */
  @WholeNumber(1, 86_400)
  ORDER_HOLD_S = 300;

  /** A receiver or processor of webhooks that gave no sign of life for this long was not healthy, seconds. */
  @WholeNumber(1, 3600)
  INTAKE_GAP_S = 15;

  /** A one-time code whose outcome is unknown is sent again after this long without a status, seconds. */
  @WholeNumber(1, 3600)
  OTP_RESEND_S = 20;

  // Webhooks of tenants

  /** How often a worker looks for changes to tell of while there are none, milliseconds. */
  @WholeNumber(10, 60_000)
  EVENT_POLL_MS = 250;

  /** Whole time for one delivery of a webhook: names, connection, answer; milliseconds. */
  @WholeNumber(100, 60_000)
  WEBHOOK_TIMEOUT_MS = 10_000;

  /** Deliveries of webhooks that one worker process has under way at once; a tenant has a fifth of them at most. */
  @WholeNumber(1, 5000)
  WEBHOOK_CONCURRENCY = 200;

  /** Deliveries that one endpoint is sent at once; fewer while it does not answer. */
  @WholeNumber(1, 1000)
  WEBHOOK_ENDPOINT_CONCURRENCY = 10;

  /** Hosts (`host` or `host:port`, comma-separated) that webhooks may be sent to although their address is private. */
  @IsString()
  WEBHOOK_URL_ALLOW = '';

  // Stores

  /** Calls of one store listener's address that one API process takes in a minute; a quiet one may have them all at once. */
  @WholeNumber(1, 1_000_000)
  STORE_CALLS_PER_MINUTE = 1200;

  /** How long a process that died keeps a store's payload from the others, seconds; longer than a picture's download. */
  @WholeNumber(1, 3600)
  STORE_LEASE_S = 60;

  // Growth

  /** Hour of the day, UTC, from which the daily maintenance is due. */
  @WholeNumber(0, 23)
  MAINTENANCE_HOUR = 2;

  /** How long raw webhooks are kept, days. */
  @WholeNumber(1, 3650)
  INBOX_RETENTION_DAYS = 14;

  /** How long the attempts of messages that have come to an end are kept, days. */
  @WholeNumber(1, 3650)
  ATTEMPTS_RETENTION_DAYS = 90;

  /** How long it is kept who changed what, days. */
  @WholeNumber(1, 3650)
  AUDIT_RETENTION_DAYS = 365;

  /** How long events and their deliveries to webhooks are kept, days; deliveries are tried for three. */
  @WholeNumber(4, 3650)
  EVENT_RETENTION_DAYS = 30;
}
