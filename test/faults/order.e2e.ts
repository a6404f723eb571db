import { jest } from '@jest/globals';
import { FAULT_TEST_MS, FaultLab } from './fault-lab.js';

jest.setTimeout(FAULT_TEST_MS);

const RECIPIENTS = 20;
const EACH = 50;
/** To one recipient at once, and then so many milliseconds for each further one: it is used up, and waited for. */
const PAIR = { burst: 15, intervalMs: 300 };
/** WhatsApp is busy: these are tried again. */
const BUSY = { code: 131016, times: 15 };
/** The worker dies when so many have arrived. */
const DIES_AT = 200;

describe('the order of messages', () => {
  let lab: FaultLab;
  beforeAll(async () => {
    lab = await FaultLab.start({
      workers: 3,
      env: {
        PAIR_BURST: String(PAIR.burst),
        PAIR_INTERVAL_MS: String(PAIR.intervalMs),
        // A request that times out lets the next one go; on a busy machine the sandbox may take its time.
        WHATSAPP_TIMEOUT_MS: '6000',
        SUBMIT_LEASE_S: '8',
      },
      tenant: {
        throughput: 200,
        sandboxNumber: { pair_limit: { burst: PAIR.burst, interval_s: PAIR.intervalMs / 1000 } },
      },
    });
  });
  afterAll(() => lab.stop());

  it('to each recipient stands, none is lost and none repeated, while a worker is killed', async () => {
    const { tenant } = lab;
    const { control, phoneNumberId } = tenant;
    const phones = Array.from({ length: RECIPIENTS }, (_, n) => `2010${String(20_000_000 + n)}`);
    await control.addFault(phoneNumberId, { kind: 'error', code: BUSY.code, count: BUSY.times });
    const crash = async (): Promise<void> => {
      const arrived = { kind: 'message', phone_number_id: phoneNumberId, count: String(DIES_AT), timeout_ms: '120000' };
      await control.wait(arrived);
      await lab.installation.workers[0]?.crash();
    };
    // Each next one is sent when the one before it was accepted: that is the order.
    const sendAll = async (phone: string): Promise<void> => {
      for (let n = 1; n <= EACH; n += 1) {
        const { status, body } = await tenant.api.send(
          'text',
          { phone, message: `n ${n}` },
          { prefer: 'respond-async' },
        );
        if (status !== 200) throw new Error(`not accepted: ${JSON.stringify(body)}`);
      }
    };
    await Promise.all([crash(), ...phones.map(sendAll)]);
    const stored = await lab.settled(120_000);
    expect(stored).toHaveLength(RECIPIENTS * EACH);

    const arrived = await control.messages(phoneNumberId);
    expect((await control.counts(phoneNumberId)).duplicates).toEqual({});
    const swaps = phones.flatMap((phone) => {
      const numbers = arrived
        .filter(({ wa_id }) => wa_id === phone)
        .map(({ body }) => Number(/"body":"n (\d+)"/.exec(body ?? '')?.[1]));
      return numbers.flatMap((n, at) =>
        n > (numbers[at - 1] ?? 0) ? [] : [`${phone}: ${n} after ${numbers[at - 1]}`],
      );
    });
    expect(swaps).toEqual([]);
    // What the killed worker was just about to write: nobody knows, so it is not repeated, and it is said.
    const missing = stored.filter(({ status }) => status !== 'read');
    expect(missing.filter(({ error_code }) => error_code !== 'UNKNOWN_OUTCOME')).toEqual([]);
    expect(arrived).toHaveLength(stored.length - missing.length);
    // At most what one of three workers had on the wire: one message of each recipient.
    expect(missing.length).toBeLessThan(RECIPIENTS);
    // Retries were in play; more went to each recipient than one may be sent at once.
    const retries = stored.reduce((sum, { attempts }) => sum + attempts - 1, 0);
    expect(retries).toBeGreaterThanOrEqual(BUSY.times);
    expect(arrived.length / RECIPIENTS).toBeGreaterThan(PAIR.burst * 2);
  });
});
