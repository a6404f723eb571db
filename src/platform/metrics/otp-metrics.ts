import { Counter, type Registry } from 'prom-client';

/** The numbers of one-time codes. They name the tenants that send codes: a label of its own each. */
export function otpMetrics(registry: Registry) {
  return {
    /** One-time codes by tenant, kind (send, resend) and outcome: accepted, limited, refused, failed (by WhatsApp), error. */
    sends: new Counter({
      name: 'rasl_otp_sends_total',
      help: 'Calls that send a one-time code, by tenant and by what they came to.',
      labelNames: ['tenant_id', 'kind', 'outcome'] as const,
      registers: [registry],
    }),
    /** Attempts to hand a code to WhatsApp, by tenant and end, as `rasl_sends_total`: also those nobody waits for. */
    attempts: new Counter({
      name: 'rasl_otp_attempts_total',
      help: 'Attempts to hand a one-time code to WhatsApp, by tenant and by outcome.',
      labelNames: ['tenant_id', 'outcome'] as const,
      registers: [registry],
    }),
    /** Verifications by tenant and outcome: verified, wrong, expired, none (no code), exhausted (no attempt left), limited. */
    verifications: new Counter({
      name: 'rasl_otp_verifications_total',
      help: 'Calls that verify a one-time code, by tenant and by what they came to.',
      labelNames: ['tenant_id', 'outcome'] as const,
      registers: [registry],
    }),
  };
}
