import { jest } from '@jest/globals';
import * as files from '../../src/media/testing/sample-files.js';
import { NO_PAIR_LIMIT, type TestTenant } from '../support/tenant.js';
import { SendingLab } from './sending-lab.js';

// Four processes start, and WhatsApp's refusals are waited out.
jest.setTimeout(120_000);

/** Messages to one recipient, through three workers. */
describe('a lane', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({
      workers: 3,
      env: { MEDIA_DELIVERY: 'upload', PAIR_BURST: '40', PAIR_INTERVAL_MS: '200' },
    });
  });
  afterAll(() => lab.stop());

  /** `count` messages, each sent when the one before it was accepted by the API. */
  async function sendInTurn(tenant: TestTenant, phone: string, count: number): Promise<void> {
    const photo = { bytes: await files.jpeg(), name: 'photo.jpg', type: 'image/jpeg' };
    for (let n = 1; n <= count; n += 1) {
      const { status, body } = await tenant.api.sendMedia(
        { phone, media_type: 'image', media_file: photo, caption: `n ${n}` },
        { prefer: 'respond-async' },
      );
      if (status !== 200) throw new Error(`not accepted: ${JSON.stringify(body)}`);
    }
  }

  const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `n ${index + 1}`);
  const captions = async (tenant: TestTenant, phone: string): Promise<(string | null)[]> =>
    (await tenant.control.messages(tenant.phoneNumberId))
      .filter(({ wa_id }) => wa_id === phone)
      .map(({ body }) => /"caption":"([^"]*)"/.exec(body ?? '')?.[1] ?? body);
  /** How many messages were submitted before the one before them in the lane had come to its end. */
  const overlaps = async (tenant: TestTenant): Promise<number> => {
    const [row] = await tenant.rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM (
         SELECT a.submitting_at, max(a.finished_at) OVER (PARTITION BY m.chat_id ORDER BY m.due_at, m.id, a.attempt_no
                                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
           FROM messages m JOIN attempts a ON a.message_id = m.id WHERE m.tenant_id = $1) x
        WHERE submitting_at < before`,
      [tenant.id],
    );
    return row?.n ?? NaN;
  };

  /** From the end of one message to the submission of the next. */
  const medianGapMs = async (tenant: TestTenant): Promise<number> => {
    const [row] = await tenant.rows<{ gap: number }>(
      `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM submitting_at - before) * 1000) AS gap FROM (
         SELECT a.submitting_at, lag(a.finished_at) OVER (PARTITION BY m.chat_id ORDER BY m.due_at, m.id) AS before
           FROM messages m JOIN attempts a ON a.message_id = m.id WHERE m.tenant_id = $1) x
        WHERE before IS NOT NULL`,
      [tenant.id],
    );
    return row?.gap ?? NaN;
  };

  it('leaves in order, one after the outcome of the other, and quickly', async () => {
    const tenant = await lab.tenant({
      throughput: 1000,
      sandboxNumber: NO_PAIR_LIMIT,
    });
    await Promise.all(['201000000001', '201000000002'].map((phone) => sendInTurn(tenant, phone, 50)));
    const sent = await lab.settled(tenant);
    expect(sent.every(({ status }) => status !== 'failed')).toBe(true);
    expect(await captions(tenant, '201000000001')).toEqual(numbered(50));
    expect(await captions(tenant, '201000000002')).toEqual(numbered(50));
    // Handed over directly: who waits for the feeder waits for two seconds.
    expect(await medianGapMs(tenant)).toBeLessThan(600);
    expect(await overlaps(tenant)).toBe(0);
  });

  it('says what a message waits for', async () => {
    const tenant = await lab.tenant();
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'delay', delay_ms: 5000, count: 1 });
    const [first, second] = [await lab.sendOne(tenant), await lab.sendOne(tenant)];
    const reasons = await Promise.all(
      [first, second].map(async (id) => (await tenant.api.getMessage(id)).body.data?.hold_reason),
    );
    expect(reasons).toEqual([null, 'An earlier message to this recipient has to leave first.']);
    await tenant.control.clearFaults(tenant.phoneNumberId);
  });

  it('keeps its order through refusals that are tried again', async () => {
    const tenant = await lab.tenant({
      throughput: 1000,
      sandboxNumber: NO_PAIR_LIMIT,
    });
    await tenant.control.addFault(tenant.phoneNumberId, { kind: 'error', code: 131016, count: 2 });
    await sendInTurn(tenant, '201000000001', 12);
    const sent = await lab.settled(tenant, 60_000);
    expect(sent.filter(({ retries }) => retries > 0).length).toBeGreaterThan(0);
    expect(await captions(tenant, '201000000001')).toEqual(numbered(12));
    expect(await overlaps(tenant)).toBe(0);
  });
});
