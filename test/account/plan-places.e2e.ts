import {
  countUninvitedContacts,
  giveBackContactPlaces,
  takeContactPlaces,
  takeContactPlacesUpTo,
} from '../../src/tenants/plan-places.js';
import { StaffService } from '../../src/tenants/staff.service.js';
import { Outbox } from '../delivery/outbox.js';

/** Real: Postgres, and a database of its own. */
describe('the places of a plan', () => {
  let outbox: Outbox;
  beforeAll(async () => {
    outbox = await Outbox.create();
  });
  afterAll(() => outbox.close());

  /** A tenant whose plan has these limits. */
  async function tenantWith(limits: { contacts?: number; staff?: number }): Promise<number> {
    const { tenantId } = await outbox.sender();
    await outbox.run(
      `WITH plan AS (INSERT INTO plans (name, limit_contacts, limit_staff) VALUES ($2, $3, $4) RETURNING id)
       UPDATE tenants SET plan_id = plan.id FROM plan WHERE tenants.id = $1`,
      [tenantId, `plan ${tenantId}`, limits.contacts ?? -1, limits.staff ?? -1],
    );
    return tenantId;
  }

  const take = (tenantId: number, contacts: number) =>
    outbox.postgres.transaction(async (sql) => {
      const refusal = await takeContactPlaces(sql, new Map([[tenantId, contacts]]));
      if (refusal) throw refusal;
    });

  const used = async (tenantId: number): Promise<unknown> => {
    const { rows } = await outbox.postgres.pool.query<{ contacts: number }>(
      'SELECT contact_count AS contacts FROM tenants WHERE id = $1',
      [tenantId],
    );
    return rows[0]?.contacts;
  };

  it('go to one of 50 who want the last one', async () => {
    const tenantId = await tenantWith({ contacts: 3 });
    await take(tenantId, 2);
    const takers = await Promise.allSettled(Array.from({ length: 50 }, () => take(tenantId, 1)));
    expect(takers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const taker of takers) {
      if (taker.status === 'fulfilled') continue;
      expect(taker.reason).toMatchObject({
        code: 'FEATURE_LIMIT_EXCEEDED',
        details: { feature: 'contacts', current: 3, maximum: 3 },
      });
    }
    expect(await used(tenantId)).toBe(3);
  });

  it('are taken all or not at all, or as many as there are', async () => {
    const tenantId = await tenantWith({ contacts: 5 });
    await expect(take(tenantId, 6)).rejects.toMatchObject({ details: { current: 0, maximum: 5 } });
    await take(tenantId, 3);
    const places = await outbox.postgres.transaction((sql) => takeContactPlacesUpTo(sql, tenantId, 10));
    expect(places).toEqual({ tenantId, granted: 2, current: 3, maximum: 5 });
    const none = await outbox.postgres.transaction((sql) => takeContactPlacesUpTo(sql, tenantId, 1));
    expect(none).toEqual({ tenantId, granted: 0, current: 5, maximum: 5 });
  });

  it('are given back, and exceeded by customers who write in', async () => {
    const tenantId = await tenantWith({ contacts: 1 });
    await take(tenantId, 1);
    await outbox.postgres.transaction((sql) => countUninvitedContacts(sql, new Map([[tenantId, 2]])));
    expect(await used(tenantId)).toBe(3);
    await outbox.postgres.transaction((sql) => giveBackContactPlaces(sql, tenantId, 2));
    await expect(take(tenantId, 1)).rejects.toMatchObject({ details: { current: 1, maximum: 1 } });
    await outbox.postgres.transaction((sql) => giveBackContactPlaces(sql, tenantId, 1));
    await take(tenantId, 1);
  });

  it('of one tenant are taken while those of another are being taken', async () => {
    const [slow, quick] = [await tenantWith({ contacts: 1 }), await tenantWith({ contacts: 1 })];
    await outbox.postgres.transaction(async (sql) => {
      await takeContactPlaces(sql, new Map([[slow, 1]]));
      await take(quick, 1);
    });
    expect([await used(slow), await used(quick)]).toEqual([1, 1]);
  });

  it('are those of the plan named Free once the subscription has ended, and of the old one where there is none', async () => {
    const tenantId = await tenantWith({ contacts: 2 });
    await outbox.run(`UPDATE tenants SET plan_expires_at = now() - interval '1 second' WHERE id = $1`, [tenantId]);
    await take(tenantId, 1);
    await outbox.run(`INSERT INTO plans (name, limit_contacts) VALUES ('Free', 1)`);
    await expect(take(tenantId, 1)).rejects.toMatchObject({ details: { current: 1, maximum: 1 } });
    await outbox.run(`UPDATE tenants SET plan_expires_at = now() + interval '1 hour' WHERE id = $1`, [tenantId]);
    await take(tenantId, 1);
  });

  it('for staff go to one of several who want the last one', async () => {
    const tenantId = await tenantWith({ staff: 1 });
    const staff = new StaffService(outbox.postgres);
    const adding = Array.from({ length: 8 }, (_, index) => staff.add(tenantId, { name: `Staff ${index}` }));
    const settled = await Promise.allSettled(adding);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [member] = await staff.list(tenantId);
    if (!member) throw new Error('nobody was added');
    const { rows } = await outbox.postgres.pool.query<{ id: number }>(
      `INSERT INTO contacts (tenant_id, firstname, type, phone, assigned_id)
       SELECT $1, 'Mona', 'lead', '20100000' || n, $2 FROM generate_series(1000, 1002) AS n RETURNING id`,
      [tenantId, member.id],
    );
    await staff.remove(tenantId, member.id);
    const left = 'SELECT id FROM contacts WHERE id = ANY ($1) AND assigned_id IS NULL ORDER BY id';
    expect((await outbox.postgres.pool.query(left, [rows.map(({ id }) => id)])).rows).toEqual(rows);
    expect(await staff.add(tenantId, { name: 'Another' })).toMatchObject({ name: 'Another' });
  });
});
