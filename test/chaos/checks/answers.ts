import type { FaultName } from '../faults.js';
import { captionOf, type Sent } from '../load.js';
import type { Plan } from '../plan.js';
import type { StoredMessage, Testimony } from '../witness.js';

/** Under which faults a tenant's program may be told these; a finding everywhere else. */
const EXPLAINED_BY: Record<'unavailable' | 'internal' | 'broken', readonly FaultName[]> = {
  // Redis is not among them: without it sends are accepted and stored.
  unavailable: ['kill-postgres', 'freeze-postgres', 'cut-postgres', 'full-disk'],
  // A commit whose answer was lost: nobody knows, and the caller is told to look.
  internal: ['kill-postgres', 'freeze-postgres', 'cut-postgres'],
  broken: ['kill-api'],
};

/** An overloaded machine answers 503 now and then, rightly; more than this share of the calls is no now and then. */
const OVERLOADED_SHARE = 0.1;

/** What was answered with 200 is there, what was refused is not, and nobody was refused without a reason. */
export function judgeAnswers(plan: Plan, { sent, stored }: Testimony): string[] {
  const findings: string[] = [];
  const byId = new Map(stored.map((message) => [message.id, message]));
  const byCaption = new Map<string, StoredMessage[]>();
  for (const message of stored) byCaption.set(message.body, [...(byCaption.get(message.body) ?? []), message]);
  const explained = (answer: keyof typeof EXPLAINED_BY): boolean =>
    plan.faults.some(({ name }) => EXPLAINED_BY[answer].includes(name));
  for (const send of sent) {
    const rows = byCaption.get(captionOf(send.index)) ?? [];
    const answer = `call ${send.index} was answered ${send.status ?? 'not at all'} ${send.code ?? ''}`.trim();
    if (rows.length > 1) findings.push(`call ${send.index} made messages ${rows.map(({ id }) => id).join(', ')}`);
    if (send.id !== undefined && byId.get(send.id)?.body !== captionOf(send.index)) {
      findings.push(`${answer} with message ${send.id}, which is not there`);
    }
    const kind = kindOf(send);
    if (kind === 'refused') findings.push(answer);
    if (kind === 'unavailable' && rows[0]) findings.push(`${answer}, and message ${rows[0].id} is there all the same`);
    if (kind === 'internal' && !explained('internal')) findings.push(answer);
    if (kind === 'broken' && !explained('broken')) findings.push(answer);
  }
  const unavailable = sent.filter((send) => kindOf(send) === 'unavailable').length;
  if (unavailable > sent.length * OVERLOADED_SHARE && !explained('unavailable')) {
    findings.push(`${unavailable} of ${sent.length} calls were answered 503`);
  }
  return findings;
}

function kindOf({ id, status, code }: Sent): 'accepted' | 'unavailable' | 'internal' | 'broken' | 'refused' {
  if (id !== undefined) return 'accepted';
  // An API process that is started again is called before it listens; a call that nobody answers in time is a finding.
  if (status === undefined) return code === 'TypeError' ? 'broken' : 'refused';
  if (status === 503) return 'unavailable';
  return code === 'INTERNAL_ERROR' ? 'internal' : 'refused';
}
