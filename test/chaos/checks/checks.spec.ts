import type { SandboxMessage, SandboxRequest } from '../../support/sandbox-control.js';
import { captionOf, type Sent } from '../load.js';
import { planOf } from '../plan.js';
import type { StoredAttempt, StoredMessage, Testimony } from '../witness.js';
import { judgeAnswers } from './answers.js';
import { judgeOrder } from './order.js';
import { judgeOutcomes } from './outcomes.js';
import { judgePairs, judgeRates } from './rates.js';

const sent = (index: number, given: Partial<Sent> = {}): Sent => ({
  index,
  tenant: 0,
  atMs: 0,
  phone: '201011000000',
  picture: 0,
  waits: false,
  api: 0,
  startedAt: index * 10,
  endedAt: index * 10 + 5,
  id: index,
  status: 200,
  ...given,
});

const attempt = (attempt_no: number, state: string, atS = 0): StoredAttempt => ({
  attempt_no,
  state,
  claimed_at: new Date(atS * 1000).toISOString(),
  submitting_at: null,
  finished_at: new Date(atS * 1000).toISOString(),
});

const stored = (id: number, given: Partial<StoredMessage> = {}): StoredMessage => ({
  id,
  tenant_id: 1,
  status: 'read',
  body: captionOf(id),
  phone: '201011000000',
  error_code: null,
  unknown_at: null,
  attempts: [attempt(1, 'accepted')],
  ...given,
});

const taken = (id: number, reported = 'read', attemptNo = 1): SandboxMessage => ({
  seq: id,
  wamid: `wamid.${id}.${attemptNo}`,
  phone_number_id: '1',
  at: id,
  wa_id: '201011000000',
  user_id: 'u',
  type: 'image',
  biz_opaque_callback_data: `m=${id};a=${attemptNo}`,
  body: null,
  media: null,
  statuses: [{ status: reported, at: 1, error_code: null, delivered_at: 1 }],
  error_code: null,
});

const request = (at: number): SandboxRequest => ({
  seq: at,
  at,
  method: 'POST',
  path: '/v26.0/1/messages',
  to: null,
  outcome: 'accepted',
  http_status: 200,
  error_code: null,
  wamid: null,
  fault: null,
  body: null,
});

const testimony = (given: Partial<Testimony> = {}): Testimony => ({
  tenant: 0,
  policy: 'fail',
  rate: 3,
  sent: [sent(1), sent(2)],
  stored: [stored(1), stored(2)],
  taken: [taken(1), taken(2)],
  requests: [],
  inbound: [],
  ...given,
});

describe('the check of answers', () => {
  const calm = planOf(1, 'calm');

  it('finds nothing where all is well', () => {
    expect(judgeAnswers(calm, testimony())).toEqual([]);
  });

  it('finds a message that was answered and is not there', () => {
    expect(judgeAnswers(calm, testimony({ stored: [stored(1)] }))).toHaveLength(1);
  });

  it('finds a message that was refused and is there', () => {
    const refused = sent(2, { id: undefined, status: 503 });
    const others = Array.from({ length: 20 }, (_, index) => sent(index + 10));
    const rows = others.map(({ index }) => stored(index));
    const given = testimony({ sent: [refused, ...others], stored: [stored(2), ...rows] });
    expect(judgeAnswers(calm, given)).toEqual([expect.stringContaining('is there all the same')]);
  });

  it('finds a call that was carried out twice', () => {
    const twice = [stored(1), stored(2), stored(3, { body: captionOf(1) })];
    expect(judgeAnswers(calm, testimony({ stored: twice }))).toHaveLength(1);
  });

  it.each([
    ['kill-redis', 503, 'SERVICE_UNAVAILABLE', 1],
    ['kill-postgres', 503, 'SERVICE_UNAVAILABLE', 0],
    ['kill-redis', 500, 'INTERNAL_ERROR', 2],
    ['kill-postgres', 500, 'INTERNAL_ERROR', 0],
    ['kill-worker', undefined, 'TypeError', 2],
    ['kill-api', undefined, 'TypeError', 0],
    ['kill-api', undefined, 'TimeoutError', 2],
    ['kill-api', 422, 'VALIDATION_ERROR', 2],
  ])('under %s takes an answer %s %s as %s findings', (scenario, status, code, findings) => {
    const given = [1, 2].map((index) => sent(index, { id: undefined, status, code }));
    expect(judgeAnswers(planOf(1, scenario), testimony({ sent: given, stored: [] }))).toHaveLength(findings);
  });
});

describe('the check of outcomes', () => {
  const unknown = { unknown_at: new Date(), error_code: 'UNKNOWN_OUTCOME', status: 'failed' };

  it('finds nothing where all is well', () => {
    expect(judgeOutcomes(testimony())).toEqual([]);
  });

  it('finds a message that was sent twice, whatever the policy, when it never was unknown', () => {
    const twice = [taken(1), taken(2), taken(1, 'read', 2)];
    expect(judgeOutcomes(testimony({ taken: twice, policy: 'resend' }))).toHaveLength(1);
  });

  it('lets a message be sent twice that was unknown, by the policy resend alone', () => {
    const attempts = [attempt(1, 'unknown'), attempt(2, 'accepted', 10)];
    const given = {
      stored: [stored(1, { unknown_at: new Date(), attempts }), stored(2)],
      taken: [taken(1), taken(2), taken(1, 'read', 2)],
    };
    expect(judgeOutcomes(testimony({ ...given, policy: 'resend' }))).toEqual([]);
    expect(judgeOutcomes(testimony({ ...given, policy: 'fail' }))).toHaveLength(1);
  });

  it('finds a message that was sent again before the wait was over', () => {
    const attempts = [attempt(1, 'unknown'), attempt(2, 'accepted', 4)];
    const given = { stored: [stored(1, { unknown_at: new Date(), attempts })], taken: [taken(1)] };
    expect(judgeOutcomes(testimony({ ...given, policy: 'resend' }))).toHaveLength(1);
  });

  it('finds a message that did not end as WhatsApp reported', () => {
    expect(judgeOutcomes(testimony({ stored: [stored(1), stored(2, { status: 'delivered' })] }))).toHaveLength(1);
    expect(judgeOutcomes(testimony({ stored: [stored(1), stored(2, unknown)] }))).toHaveLength(1);
  });

  it('does not ask for what WhatsApp never got to tell', () => {
    const silent = { ...taken(2), statuses: [{ status: 'read', at: 1, error_code: null, delivered_at: null }] };
    const judged = (row: StoredMessage): string[] =>
      judgeOutcomes(testimony({ stored: [stored(1), row], taken: [taken(1), silent] }));
    expect(judged(stored(2, { status: 'sent' }))).toEqual([]);
    expect(judged(stored(2, unknown))).toEqual([]);
    expect(judged(stored(2))).toEqual([expect.stringContaining('reported nothing')]);
  });

  it('finds a message that nobody took and that failed without having been unknown, or in spite of the policy', () => {
    const given = (row: StoredMessage, policy: 'fail' | 'resend'): string[] =>
      judgeOutcomes(testimony({ stored: [stored(1), row], taken: [taken(1)], policy }));
    expect(given(stored(2, unknown), 'fail')).toEqual([]);
    expect(given(stored(2, { ...unknown, unknown_at: null }), 'fail')).toHaveLength(1);
    expect(given(stored(2, unknown), 'resend')).toHaveLength(1);
    expect(given(stored(2), 'fail')).toHaveLength(1);
  });
});

describe('the check of the order', () => {
  it('finds a message that overtook one which was answered before it was called for', () => {
    expect(judgeOrder(testimony())).toEqual([]);
    expect(judgeOrder(testimony({ taken: [taken(2), taken(1)] }))).toHaveLength(1);
  });

  it('asks for no order of calls that overlapped, nor to different recipients, nor behind one that was unknown', () => {
    const given = { taken: [taken(2), taken(1)] };
    expect(judgeOrder(testimony({ ...given, sent: [sent(1, { endedAt: 25 }), sent(2)] }))).toEqual([]);
    expect(judgeOrder(testimony({ ...given, sent: [sent(1, { phone: '1' }), sent(2)] }))).toEqual([]);
    const first = stored(1, { unknown_at: new Date() });
    expect(judgeOrder(testimony({ ...given, stored: [first, stored(2)] }))).toEqual([]);
  });
});

describe('the check of rates', () => {
  const of = (...times: number[]): Testimony => testimony({ requests: times.map(request) });

  it('finds a second with more calls than the number may make', () => {
    expect(judgeRates(of(5000, 5400, 5800, 6000), [])).toEqual([]);
    expect(judgeRates(of(5000, 5400, 5800, 5999), [])).toHaveLength(1);
  });

  it('does not hold a heap against the platform that may have come one by one while the sandbox stood still', () => {
    const heap = of(5000, 6500, 6501, 6502);
    expect(judgeRates(heap, [])).toEqual([]);
    expect(judgeRates(of(6499, 6500, 6501, 6502), [])).toHaveLength(1);
    expect(judgeRates(of(6499, 6500, 6501, 6502), [{ from: 5000, until: 6500 }])).toEqual([]);
  });

  it('finds an overfull second all the same where the stall is too short to explain it', () => {
    expect(judgeRates(of(6499, 6500, 6501, 6502), [{ from: 6400, until: 6500 }])).toHaveLength(1);
  });
});

describe('the check of pairs', () => {
  const at = (count: number, fromMs: number, everyMs: number): SandboxRequest[] =>
    Array.from({ length: count }, (_, index) => request(fromMs + index * everyMs));

  it('finds a call to one recipient beyond the burst', () => {
    expect(judgePairs(testimony({ requests: at(8, 5000, 10) }), [])).toEqual([]);
    expect(judgePairs(testimony({ requests: at(9, 5000, 10) }), [])).toHaveLength(1);
  });

  it('lets one follow in each interval, and none sooner', () => {
    const burst = at(8, 5000, 0);
    expect(judgePairs(testimony({ requests: [...burst, ...at(6, 5500, 500)] }), [])).toEqual([]);
    expect(judgePairs(testimony({ requests: [...burst, ...at(6, 5500, 400)] }), [])).toHaveLength(1);
  });

  it('lets the burst be there again after a long time', () => {
    expect(judgePairs(testimony({ requests: [...at(8, 5000, 10), ...at(8, 60_000, 10)] }), [])).toEqual([]);
  });

  it('counts each recipient by itself', () => {
    const others = at(8, 5000, 10).map((call) => ({ ...call, to: '201011000002' }));
    expect(judgePairs(testimony({ requests: [...at(8, 5000, 10), ...others] }), [])).toEqual([]);
  });
});
