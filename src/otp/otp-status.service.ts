import { Injectable } from '@nestjs/common';
import { Postgres } from '../platform/database/postgres.js';
import { timestamp } from '../platform/http/timestamp.js';
import type { CodeReferenceDto } from './dto/code-reference.dto.js';
import type { OtpStatusDto } from './dto/otp-status.dto.js';
import { DEFAULT_PURPOSE } from './one-time-code.js';

interface StatusRow {
  expires_at: Date;
  created_at: Date;
  expires_in_seconds: number;
  is_expired: boolean;
  attempts: number;
  max_attempts: number;
}

/* Primary key. Rounded down, so that nobody is promised more than is left; expired is what a verification calls so. */
const STATUS = `
SELECT expires_at, created_at, floor(extract(epoch FROM expires_at - now()))::int AS expires_in_seconds,
       expires_at <= now() AS is_expired, attempts, max_attempts
  FROM one_time_codes WHERE tenant_id = $1 AND phone = $2 AND purpose = $3`;

/** Tells how a code stands. Looking uses up nothing. */
@Injectable()
export class OtpStatusService {
  constructor(private readonly postgres: Postgres) {}

  async get(tenantId: number, { phone, purpose = DEFAULT_PURPOSE }: CodeReferenceDto): Promise<OtpStatusDto> {
    const [row] = await this.postgres.query<StatusRow>('otp_status', STATUS, [tenantId, phone, purpose]);
    if (!row) return { has_active_otp: false, message: 'No one-time code is active for this phone and purpose' };
    const { expires_in_seconds, is_expired, attempts, max_attempts } = row;
    return {
      has_active_otp: true,
      expires_at: timestamp(row.expires_at),
      expires_in_seconds,
      is_expired,
      verification_attempts: attempts,
      max_attempts,
      attempts_remaining: max_attempts - attempts,
      created_at: timestamp(row.created_at),
    };
  }
}
