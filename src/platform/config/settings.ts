import 'reflect-metadata';
import { Transform } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, IsString, Matches, ValidateIf } from 'class-validator';
import { faultsOfKeyIds } from './encryption-key-ids.js';
import { readEnvironment, SettingsError } from './read-environment.js';
import { faultsOfRedis } from './redis-addresses.js';
import { HttpUrl, Switch, WholeNumber } from './setting-rules.js';

export { SettingsError };

const inProduction = (settings: Settings): boolean => settings.NODE_ENV === 'production';
const withS3 = (settings: Settings): boolean => settings.MEDIA_STORAGE === 's3';
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/**
 * Every setting of the program, read from the environment once at start. Each has a default or is required;
 * `docs/configuration.md` and `.env.example` list the same names, the former under the same headings. A fault in any of them stops the program, and all
 * faults are named at once.
 */
export class Settings {
  // Process

  @IsIn(['development', 'test', 'production'])
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  /** Which part of the program this process is. `all` is the API and a worker in one process. */
  @IsIn(['all', 'api', 'worker'])
  ROLE: 'all' | 'api' | 'worker' = 'all';

  @IsString()
  HOST = '127.0.0.1';

  /** Public port; 0 takes any free one. */
  @WholeNumber(0, 65535)
  PORT = 3000;

  @IsString()
  OPERATOR_HOST = '127.0.0.1';

  /** Health, metrics and operator pages; never on the public port. 0 takes any free one. */
  @WholeNumber(0, 65535)
  OPERATOR_PORT = 3001;

  /** User name is `operator`. Required as soon as OPERATOR_HOST is not a loopback address. */
  @ValidateIf((s: Settings) => !LOOPBACK.includes(s.OPERATOR_HOST) || s.OPERATOR_PASSWORD !== undefined)
  @Matches(/^.{12,}$/, {
    message: 'OPERATOR_PASSWORD must have at least 12 characters when OPERATOR_HOST is not loopback',
  })
  OPERATOR_PASSWORD?: string;

  /** How many reverse proxies stand before the API (their X-Forwarded-For is believed). */
  @WholeNumber(0, 10)
  TRUSTED_PROXIES = 0;

  /** Address under which clients and WhatsApp reach the API. Required in production; else made from HOST and PORT. */
  @ValidateIf((s: Settings) => inProduction(s) || s.PUBLIC_URL !== undefined)
  @HttpUrl()
  PUBLIC_URL?: string;

  /** Address under which WhatsApp downloads media. Default: PUBLIC_URL. */
  @IsOptional()
  @HttpUrl()
  MEDIA_PUBLIC_URL?: string;

  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' = 'info';

  /** How long a stopping process finishes what was begun, seconds. */
  @WholeNumber(1, 600)
  SHUTDOWN_TIMEOUT_S = 40;

  /** Written with the addresses in JSON once the process is ready; for scripts that start it. */
  @IsOptional()
  @IsString()
  @Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value))
  READY_FILE?: string;

  // Postgres and Redis

  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_URL must be a postgresql:// URL' })
  DATABASE_URL: string;

  /** Connections to Postgres that one process opens at most. */
  @WholeNumber(2, 500)
  DATABASE_POOL_SIZE = 12;

  /** A redis:// or rediss:// URL; with REDIS_CLUSTER several may be named, separated by commas. */
  @Matches(/^rediss?:\/\//, { message: 'REDIS_URL must be a redis:// or rediss:// URL' })
  REDIS_URL: string;

  /** REDIS_URL names nodes of a Redis Cluster; the others are found through them. */
  @Switch()
  REDIS_CLUSTER = false;

  /** Begins every key in Redis, so that several installations can share one server. */
  @Matches(/^[a-z0-9_-]{1,32}$/)
  REDIS_PREFIX = 'rasl';

  // Secrets

  /** AES-256 key, base64 of 32 bytes: access tokens and app secrets at rest. */
  @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'ENCRYPTION_KEY must be 32 bytes in base64 (openssl rand -base64 32)' })
  ENCRYPTION_KEY: string;

  /** Name of ENCRYPTION_KEY; stored beside what it encrypts. Change both when rotating. */
  @Matches(/^[A-Za-z0-9_-]{1,16}$/)
  ENCRYPTION_KEY_ID = 'k1';

  /** Earlier keys, still able to decrypt: `id:base64,id:base64`. */
  @IsOptional()
  @Matches(/^([A-Za-z0-9_-]{1,16}:[A-Za-z0-9+/]{43}=)(,[A-Za-z0-9_-]{1,16}:[A-Za-z0-9+/]{43}=)*$/, {
    message: 'ENCRYPTION_PREVIOUS_KEYS must look like id:base64,id:base64',
  })
  ENCRYPTION_PREVIOUS_KEYS?: string;

  /** Secret of the platform's Meta app; signs its webhooks. */
  @IsString()
  @IsNotEmpty()
  WHATSAPP_APP_SECRET: string;

  /** What Meta sends back in the webhook handshake of the platform's app. */
  @IsString()
  @Matches(/^.{8,}$/, { message: 'WHATSAPP_VERIFY_TOKEN must have at least 8 characters' })
  WHATSAPP_VERIFY_TOKEN: string;

  // WhatsApp

  /** The Cloud API: https://graph.facebook.com in production. */
  @HttpUrl()
  WHATSAPP_API_BASE_URL: string;

  @Matches(/^v\d+\.\d+$/)
  WHATSAPP_API_VERSION = 'v26.0';

  /** Whole time for one call to the Cloud API. Short totals make unknown outcomes. */
  @WholeNumber(100, 300_000)
  WHATSAPP_TIMEOUT_MS = 30_000;

  /** How long a send call waits for WhatsApp's answer. 0: never. */
  @WholeNumber(0, 30_000)
  SEND_WAIT_MS = 5000;

  /** How long Postgres may take for a page of a list, milliseconds. */
  @WholeNumber(50, 30_000)
  LIST_TIMEOUT_MS = 3000;

  /** Most rows of one import of contacts. */
  @WholeNumber(1, 1_000_000)
  IMPORT_MAX_ROWS = 100_000;

  // Media

  @IsIn(['local', 's3'])
  MEDIA_STORAGE: 'local' | 's3' = 'local';

  /** Where uploads arrive and, with MEDIA_STORAGE=local, media are kept. Required in production. */
  @ValidateIf((s: Settings) => inProduction(s) || s.MEDIA_DIR !== '.rasl/media')
  @IsString()
  @IsNotEmpty()
  MEDIA_DIR: string = process.env.NODE_ENV === 'production' ? '' : '.rasl/media';

  /** link: WhatsApp downloads from our public URL. upload: we hand the file to WhatsApp first. */
  @IsIn(['link', 'upload'])
  MEDIA_DELIVERY: 'link' | 'upload' = 'link';

  /** Hosts (`host` or `host:port`, comma-separated) that a media_url may name although their address is private. */
  @IsString()
  MEDIA_URL_ALLOW = '';

  @ValidateIf(withS3)
  @IsString()
  @IsNotEmpty()
  S3_BUCKET?: string;

  @ValidateIf(withS3)
  @IsString()
  @IsNotEmpty()
  S3_REGION?: string;

  /** For S3-compatible stores that are not AWS. */
  @IsOptional()
  @HttpUrl()
  S3_ENDPOINT?: string;

  @IsOptional()
  @IsString()
  S3_ACCESS_KEY_ID?: string;

  @IsOptional()
  @IsString()
  S3_SECRET_ACCESS_KEY?: string;

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

/**
 * The settings of this process.
 * @throws SettingsError with every fault of a single setting; without one, with what does not fit together
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const settings = readEnvironment(Settings, environment);
  const faults =
    settings.SUBMIT_LEASE_S * 1000 <= settings.WHATSAPP_TIMEOUT_MS
      ? ['SUBMIT_LEASE_S must be longer than WHATSAPP_TIMEOUT_MS']
      : [...faultsOfKeyIds(settings), ...faultsOfRedis(settings)];
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}
