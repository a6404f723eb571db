import { Injectable } from '@nestjs/common';
import { ApiError, type ErrorCode } from '../platform/http/api-error.js';
import { Metrics } from '../platform/metrics/metrics.js';

/** What a verification came to. */
export type VerificationOutcome = 'verified' | 'wrong' | 'expired' | 'none' | 'exhausted' | 'limited';

const SEND_OUTCOMES: Partial<Record<ErrorCode, string>> = {
  RATE_LIMIT_EXCEEDED: 'limited',
  MESSAGE_SEND_FAILED: 'failed',
  INTERNAL_ERROR: 'error',
  SERVICE_UNAVAILABLE: 'error',
};

/** Counts codes for the operator, by tenant; nothing of a phone, a purpose or a code. */
@Injectable()
export class OtpMetrics {
  constructor(private readonly metrics: Metrics) {}

  /** Runs a send, and counts what it came to. */
  async ofSend<T>(tenantId: number, kind: 'send' | 'resend', send: () => Promise<T>): Promise<T> {
    const count = (outcome: string): void => {
      this.metrics.otp.sends.inc({ tenant_id: tenantId, kind, outcome });
    };
    try {
      const sent = await send();
      count('accepted');
      return sent;
    } catch (error) {
      count(error instanceof ApiError ? (SEND_OUTCOMES[error.code] ?? 'refused') : 'error');
      throw error;
    }
  }

  verification(tenantId: number, outcome: VerificationOutcome): void {
    this.metrics.otp.verifications.inc({ tenant_id: tenantId, outcome });
  }
}
