import { beforeEach, describe, expect, it } from '@jest/globals';
import { DecryptionError } from '../../platform/crypto/encryption.js';
import type { Log } from '../../platform/logging/log.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import type { EndpointSwitch } from '../endpoints/endpoint-switch.js';
import type { AttemptResult, DeliveryAttempt } from './delivery-attempt.js';
import type { DeliveryEnd } from './delivery-end.js';
import { DeliveryRun } from './delivery-run.js';
import type { DeliveryStore, DueDelivery, LeasedEndpoint } from './delivery-store.js';
import { EndpointWork } from './endpoint-work.js';

const NOW = new Date('2026-01-01T08:00:00Z');
const DAY_MS = 86_400_000;

const ENDPOINT: LeasedEndpoint = {
  id: 7,
  tenant_id: 1,
  is_active: true,
  url: 'https://shop.example/hooks',
  secret_encrypted: Buffer.of(1),
  previous_secret_encrypted: null,
  previous_secret_until: null,
  headers_encrypted: null,
  failing_since: null,
  resumed_at: null,
  version: '1',
};

const deliveryOf = (id: number): DueDelivery => ({
  id,
  created_at: NOW,
  tenant_id: 1,
  webhook_id: 7,
  resource: `contact:${id}`,
  attempts: 0,
  first_attempt_at: null,
  event_id: `evt_1_${id}`,
  payload: '{}',
  occurred_at: NOW,
});

const answered = (status: number): AttemptResult => ({
  outcome: status < 300 ? 'delivered' : 'failed',
  at: NOW,
  request: { url: ENDPOINT.url, headers: {} },
  status,
  body: '',
  error: null,
  durationMs: 5,
  retryAfterMs: null,
  gone: false,
  timedOut: false,
  throttled: false,
});

describe('deliveries of one endpoint', () => {
  let ends: DeliveryEnd[];
  let answers: Map<string, (result: AttemptResult) => void>;
  let run: DeliveryRun;
  let work: EndpointWork;
  let fault: Error | undefined;
  let unmade: Error | undefined;
  let warnings: unknown[];
  let disabled: unknown[];
  beforeEach(() => {
    ends = [];
    fault = undefined;
    unmade = undefined;
    warnings = [];
    disabled = [];
    answers = new Map();
    work = new EndpointWork(ENDPOINT, 10, false);
    const attempt = {
      make: (_endpoint: unknown, { eventId }: { eventId: string }) =>
        unmade ? Promise.reject(unmade) : new Promise<AttemptResult>((resolve) => answers.set(eventId, resolve)),
    } as unknown as DeliveryAttempt;
    const store = {
      end: (stored: DeliveryEnd[]) => {
        if (fault) return Promise.reject(fault);
        ends.push(...stored);
        return Promise.resolve();
      },
    } as unknown as DeliveryStore;
    const endpoints = {
      disable: (endpoint: unknown, reason: string) => {
        disabled.push([endpoint, reason]);
        return Promise.resolve();
      },
    } as unknown as EndpointSwitch;
    const log = { warn: (line: unknown) => void warnings.push(line) } as unknown as Log;
    run = new DeliveryRun(attempt, store, endpoints, new Metrics(), log);
  });

  const begin = (id: number): Promise<void> => run.deliver(work, deliveryOf(id), () => undefined);
  const answer = (id: number, status: number): void => answers.get(`evt_1_${id}`)?.(answered(status));

  it('end its failing also by a call that began before the one that failed', async () => {
    const [failed, delivered] = [begin(1), begin(2)];
    answer(1, 500);
    await failed;
    answer(2, 200);
    await delivered;
    expect(ends).toMatchObject([
      { outcome: 'failed', wasFailing: false },
      { outcome: 'delivered', wasFailing: true },
    ]);
  });

  it('rest for 5 s when one could not be stored, and the log says so once until one is', async () => {
    const deliver = async (id: number): Promise<void> => {
      const done = begin(id);
      answer(id, 200);
      await done;
    };
    fault = new Error('no such column');
    const before = performance.now();
    await deliver(1);
    await deliver(2);
    const after = performance.now();
    expect([work.mayBegin(before + 4_999), work.mayBegin(after + 5_000)]).toEqual([false, true]);
    expect(warnings).toEqual([{ err: fault, tenant_id: 1, webhook_id: 7, delivery_id: 1 }]);
    fault = undefined;
    await deliver(3);
    fault = new Error('no such table');
    await deliver(4);
    expect(warnings).toMatchObject([{ delivery_id: 1 }, { delivery_id: 4 }]);
  });

  it('fail when the secret cannot be opened, and rest; the log says so once until one is made', async () => {
    unmade = new DecryptionError('unknown key');
    await begin(1);
    expect(work.mayBegin(performance.now())).toBe(false);
    await begin(2);
    expect(ends).toMatchObject(
      [1, 2].map((id) => ({
        outcome: 'failed',
        wasFailing: id === 2,
        row: {
          id,
          attempts: 1,
          status: 'pending',
          next_at: expect.any(Date),
          request: { url: ENDPOINT.url, headers: {} },
          response_status: null,
          error: expect.stringMatching(/^Nothing was sent/),
        },
      })),
    );
    expect(warnings).toMatchObject([{ err: unmade, delivery_id: 1 }]);
    unmade = undefined;
    const made = begin(3);
    answer(3, 200);
    await made;
    unmade = new DecryptionError('another key');
    await begin(4);
    expect(warnings).toMatchObject([{ delivery_id: 1 }, { delivery_id: 4 }]);
  });

  it('rest, too, when one could not be made otherwise; nothing is stored of it', async () => {
    unmade = new Error('a fault of the program');
    await begin(1);
    expect([work.mayBegin(performance.now()), ends]).toEqual([false, []]);
    expect(warnings).toMatchObject([{ err: unmade, delivery_id: 1 }]);
  });

  it('are given up, and their endpoint disabled, when the secret could not be opened for three days', async () => {
    unmade = new DecryptionError('unknown key');
    const since = new Date(Date.now() - 3 * DAY_MS);
    work.change({ ...ENDPOINT, failing_since: since, version: '2' });
    await run.deliver(work, { ...deliveryOf(1), attempts: 80, first_attempt_at: since }, () => undefined);
    expect(ends).toMatchObject([{ outcome: 'failed', row: { attempts: 81, status: 'dead', next_at: null } }]);
    expect(disabled).toEqual([[{ tenantId: 1, id: 7, url: ENDPOINT.url }, 'failing']]);
  });

  it('disable with a 410 the URL that was called, not the one that the endpoint has meanwhile', async () => {
    const gone = begin(1);
    work.change({ ...ENDPOINT, url: 'https://shop.example/moved', version: '2' });
    answers.get('evt_1_1')?.({ ...answered(410), gone: true });
    await gone;
    expect(disabled).toEqual([[{ tenantId: 1, id: 7, url: ENDPOINT.url }, 'gone']]);
  });

  it.each([
    [0, null, 'dead', 0],
    [1, null, 'delivered', 1],
    [-DAY_MS, 0, 'dead', 0],
    [-DAY_MS, 1, 'delivered', 1],
  ])(
    'created %i ms after three days before it was enabled again, and tried first %s ms after them, are %s',
    async (createdMs, triedMs, status, made) => {
      const limit = NOW.getTime() - 3 * DAY_MS;
      work.change({ ...ENDPOINT, resumed_at: NOW, version: '2' });
      const delivery = {
        ...deliveryOf(1),
        created_at: new Date(limit + createdMs),
        first_attempt_at: triedMs === null ? null : new Date(limit + triedMs),
      };
      const done = run.deliver(work, delivery, () => undefined);
      answer(1, 200);
      await done;
      expect(ends).toMatchObject([{ row: { status, attempts: made } }]);
      expect(answers.size).toBe(made);
    },
  );

  it('end a failing that is marked although the last one succeeded', async () => {
    const first = begin(1);
    answer(1, 200);
    await first;
    work.change({ ...ENDPOINT, failing_since: NOW, version: '2' });
    const second = begin(2);
    answer(2, 200);
    await second;
    expect(ends.map(({ wasFailing }) => wasFailing)).toEqual([false, true]);
  });
});
