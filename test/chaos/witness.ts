import type { SandboxMessage, SandboxRequest } from '../support/sandbox-control.js';
import type { ChaosLab } from './lab.js';
import type { Sent } from './load.js';

/** A customer's message, as the sandbox sent it. */
export interface WitnessedInbound {
  wamid: string;
  at: number;
  /** When its webhook was answered with 200; null: never. */
  delivered_at: number | null;
}

/** A message of ours as it stands in the database. */
export interface StoredMessage {
  id: number;
  tenant_id: number;
  status: string;
  body: string;
  phone: string;
  error_code: string | null;
  unknown_at: Date | null;
  /** In the order of their numbers. */
  attempts: StoredAttempt[];
}

export interface StoredAttempt {
  attempt_no: number;
  state: string;
  claimed_at: string;
  submitting_at: string | null;
  finished_at: string | null;
}

/** What a run came to, for one tenant: what its program saw, what WhatsApp saw, and what the database says. */
export interface Testimony {
  tenant: number;
  policy: 'fail' | 'resend';
  rate: number;
  sent: Sent[];
  stored: StoredMessage[];
  /** Messages that WhatsApp took, in the order in which it took them. */
  taken: SandboxMessage[];
  /** Calls to send a message, whatever became of them, in the order of their arrival. */
  requests: SandboxRequest[];
  inbound: WitnessedInbound[];
}

/** Reads everything about one tenant. */
export async function testimonyOf(lab: ChaosLab, tenant: number, rate: number, sent: Sent[]): Promise<Testimony> {
  const { tenantId, phoneNumberId } = lab.tenants[tenant] ?? { tenantId: 0, phoneNumberId: '' };
  const [stored, taken, requests, inbound] = await Promise.all([
    lab.rows<StoredMessage>(
      `SELECT m.id::int, m.tenant_id, m.status, m.body, m.phone, m.error_code, m.unknown_at,
              (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.attempt_no), '[]') FROM attempts a
                WHERE a.message_id = m.id) AS attempts
         FROM messages m WHERE m.tenant_id = $1 AND m.direction = 'outbound' ORDER BY m.id`,
      [tenantId],
    ),
    lab.control.messages(phoneNumberId),
    lab.control.requests(phoneNumberId, { method: 'POST' }),
    lab.control.call<{ data: WitnessedInbound[] }>('GET', `/inbound?phone_number_id=${phoneNumberId}&limit=100000`),
  ]);
  return {
    tenant,
    policy: lab.plan.policies[tenant] ?? 'fail',
    rate,
    sent: sent.filter((send) => send.tenant === tenant),
    stored,
    taken,
    requests: requests.filter(({ path }) => path.endsWith('/messages')),
    inbound: inbound.data,
  };
}

/** Our message that WhatsApp was handed, by the data that came with it (`m=<id>;a=<attempt>`). */
export function messageIdOf(taken: SandboxMessage): number | undefined {
  const id = /^m=(\d+)/.exec(taken.biz_opaque_callback_data ?? '')?.[1];
  return id === undefined ? undefined : Number(id);
}

/** Whether nobody knew at some time what had become of it. */
export function wasUnknown({ unknown_at, attempts }: StoredMessage): boolean {
  return unknown_at !== null || attempts.some(({ state }) => state === 'unknown');
}
