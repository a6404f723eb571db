import { eventually } from '../support/eventually.js';
import type { TestTenant } from '../support/tenant.js';
import { SendingLab } from './sending-lab.js';

const HOLD_S = 77;

/** The setting reaches both who may hold a message: the API that accepts it, and the worker whose time it is. */
describe('ORDER_HOLD_S', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({ env: { ORDER_HOLD_S: String(HOLD_S), RECOVERY_INTERVAL_MS: '100' } });
  });
  afterAll(() => lab.stop());

  const PHONE = '201077777777';

  /** A tenant with a lane whose first message waits for another try, an hour from now. */
  async function lane(): Promise<TestTenant> {
    const tenant = await lab.tenant();
    await lab.sendOne(tenant, PHONE);
    await lab.settled(tenant);
    const [head = NaN] = await lab.fill(tenant, 1, `now() + interval '1 hour'`);
    await append(tenant, head, `due_at = now(), status = 'sending', attempt_no = 1`);
    return tenant;
  }

  /** Puts a message of the backlog into the lane of the tenant's first message. */
  const append = (tenant: TestTenant, id: number, columns: string) =>
    tenant.rows(
      `UPDATE messages m SET chat_id = first.chat_id, contact_id = first.contact_id, phone = first.phone, ${columns}
         FROM (SELECT * FROM messages WHERE tenant_id = $1 ORDER BY id LIMIT 1) first WHERE m.id = $2`,
      [tenant.id, id],
    );

  /** Seconds from its due time to the end of its hold, once it waits for its lane. */
  const holdOf = (tenant: TestTenant, id: number): Promise<number> =>
    eventually('the message waiting for its lane', async () => {
      const [row] = await tenant.rows<{ hold_s: number }>(
        `SELECT extract(epoch FROM next_at - due_at)::float8 AS hold_s FROM messages WHERE id = $1 AND held_by = 'lane'`,
        [id],
      );
      return row?.hold_s;
    });

  it('is how long a message waits for its turn that the API accepts behind another', async () => {
    const tenant = await lane();
    expect(await holdOf(tenant, await lab.sendOne(tenant, PHONE))).toBe(HOLD_S);
  });

  it('is how long a scheduled message waits for its turn whose time comes behind another', async () => {
    const tenant = await lane();
    const [scheduled = NaN] = await lab.fill(tenant, 1, `now() + interval '1 hour'`);
    await append(tenant, scheduled, 'due_at = now(), next_at = now()');
    expect(await holdOf(tenant, scheduled)).toBe(HOLD_S);
  });
});
