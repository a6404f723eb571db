import 'reflect-metadata';
import { plainToInstance, Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateIf,
  validateSync,
} from 'class-validator';
import { faultsOfRedis } from './redis-addresses.js';

const inProduction = (settings: Settings): boolean => settings.NODE_ENV === 'production';
const withS3 = (settings: Settings): boolean => settings.MEDIA_STORAGE === 's3';
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const HTTP_URL = { protocols: ['http', 'https'], require_tld: false, require_protocol: true };

/**
 * Every setting of the program, read from the environment once at start. Each has a default or is required;
 * `docs/configuration.md` and `.env.example` list the same names. A fault in any of them stops the program, and all
 * faults are named at once.
 */
export class Settings {
  @IsIn(['development', 'test', 'production'])
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  /** Which part of the program this process is. `all` is the API and a worker in one process. */
  @IsIn(['all', 'api', 'worker'])
  ROLE: 'all' | 'api' | 'worker' = 'all';

  @IsString()
  HOST = '127.0.0.1';

  /** Public port; 0 takes any free one. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65535)
  PORT = 3000;

  /** Health, metrics and operator pages; never on the public port. 0 takes any free one. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(65535)
  OPERATOR_PORT = 3001;

  @IsString()
  OPERATOR_HOST = '127.0.0.1';

  /** User name is `operator`. Required as soon as OPERATOR_HOST is not a loopback address. */
  @ValidateIf((s: Settings) => !LOOPBACK.includes(s.OPERATOR_HOST) || s.OPERATOR_PASSWORD !== undefined)
  @Matches(/^.{12,}$/, {
    message: 'OPERATOR_PASSWORD must have at least 12 characters when OPERATOR_HOST is not loopback',
  })
  OPERATOR_PASSWORD?: string;

  /** How many reverse proxies stand before the API (their X-Forwarded-For is believed). */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(10)
  TRUSTED_PROXIES = 0;

  /** Address under which clients and WhatsApp reach the API. Required in production; else made from HOST and PORT. */
  @ValidateIf((s: Settings) => inProduction(s) || s.PUBLIC_URL !== undefined)
  @IsUrl(HTTP_URL)
  PUBLIC_URL?: string;

  /** Address under which WhatsApp downloads media. Default: PUBLIC_URL. */
  @IsOptional()
  @IsUrl(HTTP_URL)
  MEDIA_PUBLIC_URL?: string;

  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_URL must be a postgresql:// URL' })
  DATABASE_URL: string;

  /** Connections to Postgres that one process opens at most. */
  @Type(() => Number)
  @IsInt()
  @Min(2)
  @Max(500)
  DATABASE_POOL_SIZE = 12;

  /** A redis:// or rediss:// URL; with REDIS_CLUSTER several may be named, separated by commas. */
  @Matches(/^rediss?:\/\//, { message: 'REDIS_URL must be a redis:// or rediss:// URL' })
  REDIS_URL: string;

  /** REDIS_URL names nodes of a Redis Cluster; the others are found through them. */
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  REDIS_CLUSTER = false;

  /** Begins every key in Redis, so that several installations can share one server. */
  @Matches(/^[a-z0-9_-]{1,32}$/)
  REDIS_PREFIX = 'rasl';

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

  /** The Cloud API: https://graph.facebook.com in production. */
  @IsUrl(HTTP_URL)
  WHATSAPP_API_BASE_URL: string;

  @Matches(/^v\d+\.\d+$/)
  WHATSAPP_API_VERSION = 'v26.0';

  /** Secret of the platform's Meta app; signs its webhooks. */
  @IsString()
  @IsNotEmpty()
  WHATSAPP_APP_SECRET: string;

  /** What Meta sends back in the webhook handshake of the platform's app. */
  @IsString()
  @Matches(/^.{8,}$/, { message: 'WHATSAPP_VERIFY_TOKEN must have at least 8 characters' })
  WHATSAPP_VERIFY_TOKEN: string;

  /** Whole time for one call to the Cloud API. Short totals make unknown outcomes. */
  @Type(() => Number)
  @IsInt()
  @Min(100)
  @Max(300_000)
  WHATSAPP_TIMEOUT_MS = 30_000;

  /** How long a send call waits for WhatsApp's answer. 0: never. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(30_000)
  SEND_WAIT_MS = 5000;

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
  @IsUrl(HTTP_URL)
  S3_ENDPOINT?: string;

  @IsOptional()
  @IsString()
  S3_ACCESS_KEY_ID?: string;

  @IsOptional()
  @IsString()
  S3_SECRET_ACCESS_KEY?: string;

  /** Messages that one worker process has in work at once; one number has a fifth of them at most. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(5000)
  DELIVERY_CONCURRENCY = 1000;

  /** How long a released message may wait for its worker before it is released again, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3600)
  RELEASE_LEASE_S = 10;

  /** How long a worker may hold a message before its request is written, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3600)
  CLAIM_LEASE_S = 30;

  /** How long a request may be on the wire before its outcome is `unknown`, seconds. Longer than the time-out. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3600)
  SUBMIT_LEASE_S = 45;

  /** Messages that one number may send to one recipient in a burst (WhatsApp, "Pair rate limits"). */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  PAIR_BURST = 45;

  /** Time between two messages of one number to one recipient in the long run, milliseconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3_600_000)
  PAIR_INTERVAL_MS = 6000;

  /** How often workers look for due rows, milliseconds. */
  @Type(() => Number)
  @IsInt()
  @Min(20)
  @Max(60_000)
  RECOVERY_INTERVAL_MS = 250;

  /** How often WhatsApp is asked about each number's throughput, quality and messaging limit, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(86_400)
  NUMBER_POLL_S = 3600;

  /** After this long without a word from WhatsApp the tenant's policy settles an unknown outcome, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(86_400)
  UNKNOWN_SETTLE_S = 900;

  /** How long WhatsApp's answers may be awaited when our intake of webhooks was not healthy, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(604_800)
  UNKNOWN_SETTLE_MAX_S = 7200;

  /** A receiver or processor of webhooks that gave no sign of life for this long was not healthy, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3600)
  INTAKE_GAP_S = 15;

  /** A one-time code whose outcome is unknown is sent again after this long without a status, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3600)
  OTP_RESEND_S = 20;

  /** Hour of the day, UTC, from which the daily maintenance is due. */
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(23)
  MAINTENANCE_HOUR = 2;

  /** How long raw webhooks are kept, days. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3650)
  INBOX_RETENTION_DAYS = 14;

  /** How long the attempts of messages that have come to an end are kept, days. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(3650)
  ATTEMPTS_RETENTION_DAYS = 90;

  /** How long a message waits for the earlier ones to the same recipient at most, from its due time, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(86_400)
  ORDER_HOLD_S = 300;

  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' = 'info';

  /** How long a stopping process finishes what was begun, seconds. */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(600)
  SHUTDOWN_TIMEOUT_S = 40;

  /** Written with the addresses in JSON once the process is ready; for scripts that start it. */
  @IsOptional()
  @IsString()
  @Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value))
  READY_FILE?: string;
}

/** The settings are wrong: lists every fault, one a line. */
export class SettingsError extends Error {
  constructor(readonly faults: string[]) {
    super(`The settings are not complete or not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** An empty variable counts as not set, as in `.env` files and compose. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const known = Object.keys(new Settings()).concat(WITHOUT_DEFAULT);
  const given = Object.fromEntries(known.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  const settings = plainToInstance(Settings, given, { exposeDefaultValues: true });
  const faults = validateSync(settings, { stopAtFirstError: true }).map((error) =>
    error.value === undefined || error.value === ''
      ? `${error.property} is required: ${Object.values(error.constraints ?? {}).join(', ')}`
      : Object.values(error.constraints ?? {}).join(', '),
  );
  if (faults.length === 0 && settings.SUBMIT_LEASE_S * 1000 <= settings.WHATSAPP_TIMEOUT_MS) {
    faults.push('SUBMIT_LEASE_S must be longer than WHATSAPP_TIMEOUT_MS');
  }
  if (faults.length === 0) faults.push(...faultsOfKeyIds(settings), ...faultsOfRedis(settings));
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

/** Of two keys with one name only one would be kept, and what the other encrypted could not be opened any more. */
function faultsOfKeyIds(settings: Settings): string[] {
  const previous = settings.ENCRYPTION_PREVIOUS_KEYS?.split(',').map((pair) => pair.split(':', 1)[0] ?? '') ?? [];
  const faults: string[] = [];
  if (previous.includes(settings.ENCRYPTION_KEY_ID)) {
    faults.push(
      `ENCRYPTION_PREVIOUS_KEYS must not name ${settings.ENCRYPTION_KEY_ID}: that is ENCRYPTION_KEY_ID, a new key needs a new name`,
    );
  }
  if (new Set(previous).size < previous.length) faults.push('ENCRYPTION_PREVIOUS_KEYS must name each key once');
  return faults;
}

/** A class's instance does not name the fields that it gives no value. */
const WITHOUT_DEFAULT = [
  'DATABASE_URL',
  'REDIS_URL',
  'ENCRYPTION_KEY',
  'WHATSAPP_API_BASE_URL',
  'WHATSAPP_APP_SECRET',
  'WHATSAPP_VERIFY_TOKEN',
  'PUBLIC_URL',
  'MEDIA_PUBLIC_URL',
  'OPERATOR_PASSWORD',
  'ENCRYPTION_PREVIOUS_KEYS',
  'S3_BUCKET',
  'S3_REGION',
  'S3_ENDPOINT',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'READY_FILE',
];
