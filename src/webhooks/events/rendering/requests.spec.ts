import { describe, expect, it } from '@jest/globals';
import type { SqlRunner } from '../../../platform/database/postgres.js';
import type { OutboxRow } from '../dispatch/outbox-row.js';
import { requestsOf } from './requests.js';

const row = (id: number, given: Partial<OutboxRow>): OutboxRow => ({
  id,
  tenantId: 1,
  type: 'contact.updated',
  resourceId: 5,
  occurredAt: new Date(0),
  transaction: '700',
  requestId: null,
  previous: null,
  current: null,
  onlyWebhookId: null,
  exceptWebhookId: null,
  failures: 0,
  ...given,
});

/** An audit trail with these entries. */
const trail = (entries: readonly object[]): SqlRunner => {
  const sql = { query: () => Promise.resolve([...entries]) };
  return sql as unknown as SqlRunner;
};

const entry = (request: string, action: string, ids: number[], transaction = '700') => ({
  transaction,
  request_id: request,
  action,
  subject_ids: ids,
});

describe('the request that made a change', () => {
  it('is that of its transaction, whatever the entry names', async () => {
    const sql = trail([entry('a', 'group.contacts_added', [3]), entry('b', 'contact.updated', [5], '701')]);
    const found = await requestsOf(sql, [row(1, {}), row(2, { transaction: '701', resourceId: 6 })]);
    expect([...found]).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('is the one that names the resource, where requests share a transaction; an id of another kind names another', async () => {
    const sql = trail([
      entry('a', 'message.cancelled', [5]),
      entry('b', 'contact.updated', [4, 5]),
      entry('c', 'webhook_delivery.replayed', [7]),
    ]);
    const found = await requestsOf(sql, [
      row(1, {}),
      row(2, { type: 'message.cancelled' }),
      row(3, { type: 'webhook.disabled', resourceId: 7 }),
      row(4, { resourceId: 6 }),
    ]);
    expect([...found]).toEqual([
      [1, 'b'],
      [2, 'a'],
    ]);
  });

  it('is not looked for when the change names it', async () => {
    const sql = trail([entry('a', 'contact.updated', [5])]);
    expect(await requestsOf(sql, [row(1, { requestId: 'b' })])).toEqual(new Map());
  });
});
