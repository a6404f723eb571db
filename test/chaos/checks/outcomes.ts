import type { SandboxMessage } from '../../support/sandbox-control.js';
import { UNKNOWN_SETTLE_S } from '../lab.js';
import { messageIdOf, type StoredMessage, type Testimony, wasUnknown } from '../witness.js';

/** How far a status is; a later one wins over an earlier one. */
const RANK: Record<string, number> = { sent: 1, failed: 2, delivered: 3, read: 4 };

/** Clocks of two machines and the rounds of the loop that settles. */
const EARLY_S = 0.5;

/**
 * Each message against what WhatsApp saw of it: handed over once, except where its tenant's policy said so; ended as
 * WhatsApp said; and what nobody knew settled rightly.
 */
export function judgeOutcomes({ policy, stored, taken }: Testimony): string[] {
  const findings: string[] = [];
  const takenById = new Map<number, SandboxMessage[]>();
  for (const message of taken) {
    const id = messageIdOf(message);
    if (id === undefined) findings.push(`${message.wamid} was sent without our data`);
    else takenById.set(id, [...(takenById.get(id) ?? []), message]);
  }
  const known = new Set(stored.map(({ id }) => id));
  for (const id of takenById.keys()) if (!known.has(id)) findings.push(`message ${id} was sent and is not there`);
  for (const message of stored) {
    const seen = takenById.get(message.id) ?? [];
    findings.push(...judgeRepeats(message, seen, policy), ...judgeEnd(message, seen, policy));
  }
  return findings;
}

function judgeRepeats(message: StoredMessage, seen: SandboxMessage[], policy: 'fail' | 'resend'): string[] {
  const findings: string[] = [];
  if (seen.length > 1 && (policy === 'fail' || !wasUnknown(message))) {
    const reason = wasUnknown(message) ? 'its policy is fail' : 'it never was unknown';
    findings.push(`message ${message.id} was sent ${seen.length} times, and ${reason}: ${told(message)}`);
  }
  message.attempts.forEach((attempt, index) => {
    const next = message.attempts[index + 1];
    if (attempt.state !== 'unknown' || !next || attempt.finished_at === null) return;
    const waited = (Date.parse(next.claimed_at) - Date.parse(attempt.finished_at)) / 1000;
    if (waited < UNKNOWN_SETTLE_S - EARLY_S) {
      findings.push(`message ${message.id} was sent again ${waited} s after its outcome was unknown: ${told(message)}`);
    }
  });
  return findings;
}

function judgeEnd(message: StoredMessage, seen: SandboxMessage[], policy: 'fail' | 'resend'): string[] {
  const givenUp =
    policy === 'fail' && message.status === 'failed' && message.error_code === 'UNKNOWN_OUTCOME' && wasUnknown(message);
  // Nobody took it: it may only have failed because nobody could know that, and only where nobody wants it again.
  if (seen.length === 0) return givenUp ? [] : [`message ${message.id} was never taken and is ${told(message)}`];
  const reported = seen.flatMap(({ statuses }) => statuses.filter(({ delivered_at }) => delivered_at !== null));
  const furthest = Math.max(0, ...reported.map(({ status }) => RANK[status] ?? 0));
  if (furthest === RANK[message.status]) return [];
  // WhatsApp took it and got nothing through: all there is to know is its answer, or nothing at all.
  if (furthest === 0 && (message.status === 'sent' || givenUp)) return [];
  const last = reported.find(({ status }) => RANK[status] === furthest)?.status ?? 'nothing';
  return [`message ${message.id} was taken, WhatsApp reported ${last}, and it is ${told(message)}`];
}

function told({ status, error_code, attempts }: StoredMessage): string {
  return `${status}${error_code === null ? '' : ` (${error_code})`}, attempts ${attempts.map(({ state }) => state).join(', ')}`;
}
