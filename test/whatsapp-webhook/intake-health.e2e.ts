import { beatIntake } from '../../src/whatsapp/webhook/intake-beat.js';
import { storeHeard } from '../../src/whatsapp/webhook/processing/heard-accounts.js';
import { SendingLab } from '../delivery/sending-lab.js';
import { eventually } from '../support/eventually.js';
import { InboxFixture, inbound, newPhone } from './inbox-fixture.js';

const GAP_S = 2;

describe('signs of life of the intake', () => {
  let fixture: InboxFixture;
  beforeAll(async () => {
    fixture = await InboxFixture.start();
  });
  afterAll(() => fixture.stop());

  const health = () =>
    fixture.row<{ beat_ago: number; healthy_for: number }>(
      `SELECT extract(epoch FROM now() - beat_at)::float8 AS beat_ago,
              extract(epoch FROM now() - healthy_since)::float8 AS healthy_for
         FROM intake_health WHERE component = 'receiver'`,
    );
  const lastBeat = (ago: number) =>
    fixture.rows(
      `UPDATE intake_health
          SET beat_at = now() - $1 * interval '1 second', healthy_since = now() - interval '1 hour'
        WHERE component = 'receiver'`,
      [ago],
    );

  it('keep a component healthy while no gap is longer than allowed, and begin anew after one', async () => {
    await beatIntake(fixture.postgres, 'receiver', 15);
    expect((await health()).healthy_for).toBeLessThan(5);
    await lastBeat(10);
    await beatIntake(fixture.postgres, 'receiver', 15);
    expect((await health()).beat_ago).toBeLessThan(5);
    expect((await health()).healthy_for).toBeGreaterThan(3000);
    await lastBeat(16);
    await beatIntake(fixture.postgres, 'receiver', 15);
    expect((await health()).healthy_for).toBeLessThan(5);
  });

  it('tell of each account when its newest webhook arrived, and wait for nobody', async () => {
    const number = await fixture.connectedTenant();
    const other = await fixture.connectedTenant();
    const heardAt = (accountId: number) =>
      fixture.row<{ last_webhook_at: Date | null; updated_at: Date }>(
        'SELECT last_webhook_at, updated_at FROM whatsapp_accounts WHERE id = $1',
        [accountId],
      );
    const before = await heardAt(number.accountId);
    const [first] = await fixture.receive(inbound(number, { phone: newPhone() }));
    const heard = first?.effects.heard ?? new Map<number, Date>();
    expect([...heard.keys()]).toEqual([number.accountId]);
    const holder = await fixture.postgres.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM whatsapp_accounts WHERE id = $1 FOR UPDATE', [number.accountId]);
      const arrived = heard.get(number.accountId) ?? new Date(0);
      const both = new Map([...heard, [other.accountId, arrived] as const]);
      expect(await storeHeard(fixture.postgres, both)).toEqual([number.accountId]);
      expect((await heardAt(other.accountId)).last_webhook_at).toEqual(arrived);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await storeHeard(fixture.postgres, heard)).toEqual([]);
    const after = await heardAt(number.accountId);
    expect(after).toEqual({ last_webhook_at: heard.get(number.accountId), updated_at: before.updated_at });
    // An older one comes too late.
    expect(await storeHeard(fixture.postgres, new Map([[number.accountId, new Date(0)]]))).toEqual([]);
    expect(await heardAt(number.accountId)).toEqual(after);
  });

  it("do not come from another app's webhook", async () => {
    const number = await fixture.connectedTenant();
    const foreign = await fixture.app(await fixture.tenant());
    const [report] = await fixture.receive(inbound(number, { phone: newPhone() }), foreign);
    expect(report?.effects.heard.size).toBe(0);
  });
});

describe('a running intake', () => {
  let lab: SendingLab;
  beforeAll(async () => {
    lab = await SendingLab.start({ env: { INTAKE_GAP_S: String(GAP_S) } });
  });
  afterAll(() => lab.stop());

  it('lives in API and worker, and is not healthy once one of them is gone', async () => {
    const tenant = await lab.tenant();
    const components = () =>
      tenant.rows<{ component: string; live: boolean; healthy_since: Date }>(
        `SELECT component, beat_at > now() - $1 * interval '1 second' AS live, healthy_since
           FROM intake_health ORDER BY component`,
        [GAP_S],
      );
    const live = () =>
      eventually('both components living', async () => {
        const found = await components();
        return found.length === 2 && found.every((component) => component.live) ? found : undefined;
      });
    await live();
    await tenant.control.inbound(tenant.phoneNumberId, { from: '201055555555', type: 'text', text: 'hi' });
    await eventually('the account being heard of', async () => {
      const [row] = await tenant.rows(
        `SELECT 1 FROM whatsapp_accounts WHERE tenant_id = $1 AND last_webhook_at > now() - interval '1 minute'`,
        [tenant.id],
      );
      return row;
    });
    const [worker] = lab.installation.workers;
    await worker?.crash();
    const [processor, receiver] = await eventually('the processor being missed', async () => {
      const found = await components();
      return found[0]?.live === false ? found : undefined;
    });
    expect(receiver).toMatchObject({ component: 'receiver', live: true });
    await worker?.start();
    const [again] = await live();
    expect(again?.healthy_since.getTime()).toBeGreaterThan(processor?.healthy_since.getTime() ?? Infinity);
  });
});
