import fc from 'fast-check';
import {
  advances,
  isReported,
  mayBecome,
  rankSql,
  STATUS_RANK,
  type MessageStatus,
  type ReportedStatus,
} from './message-status.js';

const REPORTED: ReportedStatus[] = ['sent', 'failed', 'delivered', 'read', 'played'];

/** Every change that may happen; whatever is not listed may not. */
const ALLOWED: Record<MessageStatus, MessageStatus[]> = {
  queued: ['sending', 'cancelled', 'expired', ...REPORTED],
  sending: ['sending', 'unknown', 'cancelled', 'expired', ...REPORTED],
  unknown: ['sending', ...REPORTED],
  cancelled: REPORTED,
  expired: REPORTED,
  sent: ['failed', 'delivered', 'read', 'played'],
  failed: ['delivered', 'read', 'played'],
  delivered: ['read', 'played'],
  read: ['played'],
  played: [],
};
const STATUSES = Object.keys(ALLOWED) as MessageStatus[];

describe('the table of message states', () => {
  const pairs = STATUSES.flatMap((from) => STATUSES.map((to) => [from, to, ALLOWED[from].includes(to)] as const));

  it.each(pairs)('%s → %s: %s', (from, to, allowed) => {
    expect(mayBecome(from, to)).toBe(allowed);
  });

  it('knows exactly the statuses that WhatsApp reports', () => {
    expect(STATUSES.filter(isReported).sort()).toEqual([...REPORTED].sort());
    expect(isReported('deleted')).toBe(false);
  });

  it('comes to the same end in whatever order reports arrive, and however often', () => {
    const fold = (start: MessageStatus, reports: ReportedStatus[]): MessageStatus =>
      reports.reduce<MessageStatus>((current, report) => (advances(current, report) ? report : current), start);
    const scenario = fc.array(fc.constantFrom(...REPORTED), { minLength: 1, maxLength: 8 }).chain((reports) =>
      fc.tuple(
        fc.constantFrom(...STATUSES),
        fc.constant(reports),
        fc.shuffledSubarray([...reports, ...reports], {
          minLength: reports.length * 2,
          maxLength: reports.length * 2,
        }),
      ),
    );
    fc.assert(
      fc.property(scenario, ([start, reports, shuffled]) => {
        expect(fold(start, shuffled)).toBe(fold(start, reports));
      }),
    );
  });

  it('gives SQL the same ranks', () => {
    for (const status of STATUSES)
      expect(rankSql('m.status')).toContain(`WHEN '${status}' THEN ${STATUS_RANK[status]}`);
  });
});
