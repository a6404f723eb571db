import { jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';
import { type Listener, type Payload, StoreLab } from './store-lab.js';
import { wooOrderOf } from './store-payloads.js';

jest.setTimeout(60_000);

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('a payload', () => {
  let lab: StoreLab;
  beforeAll(async () => {
    lab = await StoreLab.create();
  });
  afterAll(() => lab.close());

  const codeOf = ({ status, body }: Awaited<ReturnType<StoreLab['retry']>>) => [status, body.error?.code ?? 'SUCCESS'];
  const messagesTo = async (digits: string) => (await lab.messages()).filter(({ phone }) => phone === digits);
  const shown = async (listener: Listener, id: number): Promise<Payload> =>
    (await lab.get(`/${listener.id}/payloads/${id}`)).body.data as unknown as Payload;
  /** What became of it, seen in the database: also while its tenant may not call. */
  const settledRow = (id: number) =>
    eventually('the payload being settled', async () => {
      const [row] = await lab.tenant.rows<{ status: string; code: string | null }>(
        `SELECT status, reason ->> 'code' AS code FROM store_payloads WHERE id = $1`,
        [id],
      );
      return row && row.status !== 'received' ? row : undefined;
    });

  describe('that led to nothing is sent on request,', () => {
    it('once, however often it is asked for, when its template was approved meanwhile', async () => {
      const body = 'We have your order {{1}}.';
      const example = { body_text: [['727']] };
      await lab.lab.add({
        name: 'paused_first',
        category: 'UTILITY',
        components: [{ type: 'BODY', text: body, example }],
      });
      const approve = (status: string) =>
        lab.tenant.rows(`UPDATE templates SET status = $2 WHERE tenant_id = $1 AND name = 'paused_first'`, [
          lab.tenant.id,
          status,
        ]);
      await approve('PAUSED');
      const { local, digits } = lab.phone();
      const mapping = { phone: '$.billing.phone', field_1: '$.number' };
      const listener = await lab.listener({ template_name: 'paused_first', mapping });
      const failed = await lab.outcome(listener, wooOrderOf(local));
      expect(failed).toMatchObject({ status: 'failed', reason: { code: 'VALIDATION_ERROR' } });
      await approve('APPROVED');
      const answers = await Promise.all(Array.from({ length: 20 }, () => lab.retry(failed.id)));
      const done = answers.filter(({ status }) => status === 200);
      expect(done.map(({ body: { data } }) => data)).toEqual([
        { ...failed, due_at: expect.any(String) as unknown, status: 'received', reason: null, settled_at: null },
      ]);
      const others = answers.filter((answer) => !done.includes(answer)).map(codeOf);
      expect(others).toEqual(Array.from({ length: 19 }, () => [422, 'VALIDATION_ERROR']));
      expect(await lab.settled(listener)).toMatchObject({ id: failed.id, status: 'sent', reason: null });
      expect(await messagesTo(digits)).toMatchObject([{ body: 'We have your order 727.' }]);
    });

    it('when the condition that did not hold was changed, and not a second time for the same once_per', async () => {
      const { local, digits } = lab.phone();
      const conditions = [{ path: '$.status', op: 'eq', value: 'completed' }];
      const listener = await lab.listener({ conditions, once_per: '$.id' });
      const skipped = await lab.outcome(listener, wooOrderOf(local));
      expect(skipped).toMatchObject({ status: 'skipped', reason: { code: 'CONDITION_NOT_MET' } });
      await lab.tenant.api.json('PATCH', `integrations/ecommerce/${listener.id}`, { conditions: null });
      const other = await lab.outcome(listener, wooOrderOf(local, { note: 'the same order' }));
      expect(other).toMatchObject({ status: 'sent' });
      expect((await lab.retry(skipped.id)).status).toBe(200);
      expect(await settledRow(skipped.id)).toEqual({ status: 'skipped', code: 'ALREADY_SENT' });
      expect(await messagesTo(digits)).toHaveLength(1);
    });

    it('and fails again while nothing has changed', async () => {
      const listener = await lab.listener({ template_name: 'gone' });
      const failed = await lab.outcome(listener, wooOrderOf(lab.phone().local));
      expect((await lab.retry(failed.id)).status).toBe(200);
      const times = { due_at: expect.any(String) as unknown, settled_at: expect.any(String) as unknown };
      expect(await lab.settled(listener)).toEqual({ ...failed, ...times });
    });

    it('when it had been given up after a hundred tries; the hundredth still counted', async () => {
      const listener = await lab.listener();
      const tried = async (tries: number): Promise<number> => {
        const id = await lab.waiting(listener, wooOrderOf(lab.phone().local));
        await lab.tenant.rows('UPDATE store_payloads SET tries = $2 WHERE id = $1', [id, tries]);
        await lab.due(id);
        return id;
      };
      expect(await settledRow(await tried(99))).toEqual({ status: 'sent', code: null });
      const givenUp = await tried(100);
      expect(await settledRow(givenUp)).toEqual({ status: 'failed', code: 'INTERNAL_ERROR' });
      expect((await lab.retry(givenUp)).status).toBe(200);
      expect(await settledRow(givenUp)).toEqual({ status: 'sent', code: null });
    });
  });

  describe('is not sent on request', () => {
    it('when it was sent, or waits, or its body is not there any more: 422', async () => {
      const listener = await lab.listener();
      const detailsOf = async (id: number) => {
        const answer = await lab.retry(id);
        expect(codeOf(answer)).toEqual([422, 'VALIDATION_ERROR']);
        return answer.body.error?.details;
      };
      const sent = await lab.outcome(listener, wooOrderOf(lab.phone().local));
      expect(await detailsOf(sent.id)).toEqual({
        status: ['Only failed and skipped payloads are sent again; this one is sent'],
      });
      const waiting = await lab.waiting(listener, wooOrderOf(lab.phone().local));
      expect(await detailsOf(waiting)).toEqual({
        status: ['Only failed and skipped payloads are sent again; this one is received'],
      });
      const failed = await lab.outcome(listener, wooOrderOf('none'));
      await lab.tenant.rows('UPDATE store_payloads SET body = NULL WHERE id = $1', [failed.id]);
      expect(await detailsOf(failed.id)).toEqual({ payload: ['Its body is not stored any more'] });
      expect(await shown(listener, failed.id)).toMatchObject({ status: 'failed', payload: null });
    });

    it('when there is none with the id, or it is of another tenant: 404, and it stays as it was', async () => {
      const stranger = await StoreLab.create();
      try {
        const listener = await stranger.listener({ template_name: 'gone' });
        const foreign = await stranger.outcome(listener, wooOrderOf(stranger.phone().local));
        for (const id of [foreign.id, 999_999_999_999, 0, -1, '9'.repeat(30), 'x', '1.5']) {
          expect([id, ...codeOf(await lab.retry(id))]).toEqual([id, 404, 'NOT_FOUND']);
        }
        expect(await stranger.payloads(listener)).toEqual([foreign]);
      } finally {
        await stranger.close();
      }
    });

    it('by a token without integrations:write: 403', async () => {
      const reader = await TestTenant.create({ scopes: ['integrations:read'], withoutNumber: true });
      try {
        const { body } = await reader.api.request('POST', '/api/v2/integrations/ecommerce/payloads/1/retry');
        expect(body.error).toMatchObject({
          code: 'INSUFFICIENT_SCOPE',
          details: { required: ['integrations:write'] },
        });
      } finally {
        await reader.close();
      }
    });
  });

  it('that waits when its listener is disabled is passed over; enabled again, it can be sent', async () => {
    const { local, digits } = lab.phone();
    const listener = await lab.listener();
    const enable = (enabled: boolean) =>
      lab.tenant.api.json('PATCH', `integrations/ecommerce/${listener.id}`, { enabled });
    const id = await lab.waiting(listener, wooOrderOf(local));
    await enable(false);
    await lab.due(id);
    expect(await settledRow(id)).toEqual({ status: 'skipped', code: 'LISTENER_DISABLED' });
    await enable(true);
    expect((await lab.retry(id)).status).toBe(200);
    expect(await settledRow(id)).toEqual({ status: 'sent', code: null });
    expect(await messagesTo(digits)).toHaveLength(1);
  });

  it('that waits when its tenant is suspended is passed over; active again, it can be sent', async () => {
    const { local, digits } = lab.phone();
    const listener = await lab.listener();
    const turn = (status: string) =>
      lab.tenant.rows('UPDATE tenants SET status = $2 WHERE id = $1', [lab.tenant.id, status]);
    const id = await lab.waiting(listener, wooOrderOf(local));
    await turn('suspended');
    try {
      await lab.due(id);
      expect(await settledRow(id)).toEqual({ status: 'skipped', code: 'ACCOUNT_NOT_ACTIVE' });
      expect((await lab.deliver(listener, wooOrderOf(local))).status).toBe(404);
    } finally {
      await turn('active');
    }
    const again = await eventually('the token being taken again', async () => {
      const answer = await lab.retry(id);
      return answer.status === 401 ? undefined : answer;
    });
    expect(again.status).toBe(200);
    expect(await settledRow(id)).toEqual({ status: 'sent', code: null });
    expect(await messagesTo(digits)).toHaveLength(1);
  });
});
