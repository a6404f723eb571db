import { Injectable } from '@nestjs/common';
import { recordChanges } from '../platform/audit/audit-trail.js';
import { Postgres, type SqlRunner } from '../platform/database/postgres.js';
import { TenantWrites } from '../platform/database/tenant-writes.js';
import { otpRefused, rateLimitExceeded } from '../platform/http/api-error.js';
import type { AuthenticatedTenant } from '../platform/http/request-context.js';
import { timestamp } from '../platform/http/timestamp.js';
import { recordEvent } from '../webhooks/events/record-event.js';
import { CodeHashes } from './code-hashes.js';
import type { VerifiedOtpDto } from './dto/verified-otp.dto.js';
import type { VerifyOtpDto } from './dto/verify-otp.dto.js';
import { DEFAULT_PURPOSE } from './one-time-code.js';
import { OtpMetrics } from './otp-metrics.js';
import { clearVerifications, countActions, waitOf } from './store/phone-limits.js';
import { retireMessages } from './store/retire-messages.js';

/** What a try came to. */
type Verification =
  | { readonly kind: 'verified'; readonly at: Date }
  | { readonly kind: 'wrong'; readonly attemptsRemaining: number }
  | { readonly kind: 'limited'; readonly waitS: number }
  | { readonly kind: 'none' | 'expired' | 'exhausted' };

interface Guess {
  readonly tenantId: number;
  readonly phone: string;
  readonly purpose: string;
  readonly code: string;
}

/*
 * Primary key. One statement judges the row and takes an attempt of it, so that of any number of simultaneous tries
 * each has an attempt of its own, and no more get one than there are. A right code takes one, too.
 */
const TAKE_ATTEMPT = `
UPDATE one_time_codes SET attempts = attempts + 1
 WHERE tenant_id = $1 AND phone = $2 AND purpose = $3 AND expires_at > now() AND attempts < max_attempts
RETURNING code_id, code_hash, message_id, max_attempts - attempts AS remaining`;

interface AttemptRow {
  code_id: string;
  code_hash: string;
  message_id: number;
  remaining: number;
}

const WHY_NOT = `
SELECT expires_at <= now() AS expired FROM one_time_codes WHERE tenant_id = $1 AND phone = $2 AND purpose = $3`;

/** Verifies what people typed. A right code is good once: it is gone with the transaction that finds it right. */
@Injectable()
export class VerifyOtpService {
  constructor(
    private readonly postgres: Postgres,
    private readonly writes: TenantWrites,
    private readonly hashes: CodeHashes,
    private readonly metrics: OtpMetrics,
  ) {}

  /**
   * @throws ApiError 422 OTP_NOT_FOUND, OTP_EXPIRED, MAX_ATTEMPTS_EXCEEDED or INVALID_CODE, 429 when the phone's limit
   * is reached
   */
  async verify(author: AuthenticatedTenant, dto: VerifyOtpDto): Promise<VerifiedOtpDto> {
    const { tenantId } = author;
    const { phone, purpose = DEFAULT_PURPOSE, code } = dto;
    const verification = await this.tried(author, { tenantId, phone, purpose, code });
    this.metrics.verification(tenantId, verification.kind);
    switch (verification.kind) {
      case 'verified':
        return { phone, purpose, verified_at: timestamp(verification.at) };
      case 'limited':
        throw rateLimitExceeded(verification.waitS);
      case 'wrong':
        throw otpRefused('INVALID_CODE', { attempts_remaining: verification.attemptsRemaining });
      case 'none':
        throw otpRefused('OTP_NOT_FOUND');
      case 'expired':
        throw otpRefused('OTP_EXPIRED');
      case 'exhausted':
        throw otpRefused('MAX_ATTEMPTS_EXCEEDED');
    }
  }

  /** A flood of tries is told so by a read, before its turn and after it, and waits for nobody's lock. */
  private async tried(author: AuthenticatedTenant, guess: Guess): Promise<Verification> {
    return (
      (await limited(this.postgres, guess)) ??
      (await this.writes.run(
        author.tenantId,
        async (sql) => (await limited(sql, guess)) ?? (await this.judge(sql, author, guess)),
      ))
    );
  }

  private async judge(sql: SqlRunner, author: AuthenticatedTenant, guess: Guess): Promise<Verification> {
    const { tenantId, phone, purpose, code } = guess;
    const action = { tenantId, phone, action: 'verification' } as const;
    // Locks the phone's row: tries of one phone come one after the other from here on, and no code is replaced meanwhile.
    if (await countActions(sql, [action])) return { kind: 'limited', waitS: (await waitOf(sql, action)) ?? 1 };
    const place = [tenantId, phone, purpose];
    const [attempt] = await sql.query<AttemptRow>('otp_take_attempt', TAKE_ATTEMPT, place);
    if (!attempt) return whyNot(sql, place);
    const { code_id: id, code_hash: hash, message_id: messageId, remaining } = attempt;
    if (!this.hashes.matches({ tenantId, phone, purpose, id }, code, hash)) {
      return { kind: 'wrong', attemptsRemaining: remaining };
    }
    const [verified] = await sql.query<{ at: Date }>(
      'otp_use_up',
      `DELETE FROM one_time_codes WHERE tenant_id = $1 AND phone = $2 AND purpose = $3 RETURNING now() AS at`,
      place,
    );
    if (!verified) throw new Error('A one-time code is gone although its row is locked');
    await clearVerifications(sql, tenantId, phone);
    await retireMessages(sql, [{ tenantId, messageId }]);
    await recordChanges(sql, author, [{ action: 'otp.verified', ids: [messageId] }]);
    await recordEvent(sql, {
      tenantId,
      type: 'otp.verified',
      resourceId: messageId,
      previous: null,
      current: { phone, purpose, message_id: messageId, verified_at: timestamp(verified.at) },
      requestId: author.requestId,
    });
    return { kind: 'verified', at: verified.at };
  }
}

async function limited(sql: SqlRunner, { tenantId, phone }: Guess): Promise<Verification | undefined> {
  const waitS = await waitOf(sql, { tenantId, phone, action: 'verification' });
  return waitS === null ? undefined : { kind: 'limited', waitS };
}

async function whyNot(sql: SqlRunner, place: readonly unknown[]): Promise<Verification> {
  const [row] = await sql.query<{ expired: boolean }>('otp_why_not', WHY_NOT, [...place]);
  if (!row) return { kind: 'none' };
  return { kind: row.expired ? 'expired' : 'exhausted' };
}
