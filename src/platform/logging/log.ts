import { Injectable, type LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { Settings } from '../config/settings.js';
import { loggableError } from './loggable-error.js';

/** Paths that never reach a log line, whatever object is logged. */
const SECRETS = ['authorization', 'token', 'access_token', 'secret', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/**
 * The program's log: JSON lines by pino, each with level, time, role, and what the caller adds (`request_id`,
 * `message_id`, `tenant_id`). Secrets are redacted by name.
 */
@Injectable()
export class Log implements LoggerService {
  readonly pino: Logger;

  constructor(settings: Settings) {
    this.pino = pino({
      level: settings.LOG_LEVEL,
      base: { role: settings.ROLE, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => loggableError(error) },
      redact: { paths: SECRETS, censor: '[redacted]' },
    });
  }

  trace(fields: object, text: string): void {
    this.pino.trace(fields, text);
  }

  info(fields: object, text: string): void {
    this.pino.info(fields, text);
  }

  // Nest's own messages come as (message, ...context); ours as (fields, text).
  log(message: unknown, ...rest: unknown[]): void {
    this.pino.debug({ context: rest.at(-1) }, String(message));
  }

  debug(fields: unknown, ...rest: unknown[]): void {
    this.write('debug', fields, rest);
  }

  warn(fields: unknown, ...rest: unknown[]): void {
    this.write('warn', fields, rest);
  }

  error(fields: unknown, ...rest: unknown[]): void {
    this.write('error', fields, rest);
  }

  fatal(fields: unknown, ...rest: unknown[]): void {
    this.write('fatal', fields, rest);
  }

  private write(level: 'debug' | 'warn' | 'error' | 'fatal', first: unknown, rest: unknown[]): void {
    const [text] = rest;
    if (typeof first === 'object' && first !== null)
      this.pino[level](first, typeof text === 'string' ? text : undefined);
    else this.pino[level]({ context: rest.at(-1) }, String(first));
  }
}
