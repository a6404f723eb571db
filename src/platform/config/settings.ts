import 'reflect-metadata';
import { Transform } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, IsString, Matches, ValidateIf } from 'class-validator';
import { faultsOfKeyIds } from './encryption-key-ids.js';
import { readEnvironment, SettingsError } from './read-environment.js';
import { faultsOfRedis } from './redis-addresses.js';
import { HttpUrl, Switch, WholeNumber } from './setting-rules.js';
import { WorkSettings } from './work-settings.js';

export { SettingsError };

const inProduction = (settings: Settings): boolean => settings.NODE_ENV === 'production';
const withS3 = (settings: Settings): boolean => settings.MEDIA_STORAGE === 's3';
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/**
 * Every setting of the program, read from the environment once at start. Each has a default or is required;
 * `docs/configuration.md` and `.env.example` list the same names, the former under the same headings. A fault in any of them stops the program, and all
 * faults are named at once.
 */
export class Settings extends WorkSettings {
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
