import type { ApiAnswer } from '../support/api-client.js';
import { NO_PAIR_LIMIT, TestTenant } from '../support/tenant.js';

const PHONES = Array.from({ length: 40 }, (_, index) => `2014446000${String(index).padStart(2, '0')}`);
const ROUNDS = 3;
/** What a call may say while others take phones, e-mails and contacts away from it; a fault of the program is a 500. */
const EXPECTED = [200, 201, 404, 422, 503];

/** The same order in every run: begins at another place, and goes the other way for every second caller. */
function inTurn<T>(values: readonly T[], caller: number): T[] {
  const from = (caller * 7) % values.length;
  const turned = [...values.slice(from), ...values.slice(0, from)];
  return caller % 2 === 0 ? turned : turned.reverse();
}

/** Real processes: API, worker, sandbox, Postgres, Redis. */
describe('whoever makes and deletes the same contacts at the same moment', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await TestTenant.create({ throughput: 1000, sandboxNumber: NO_PAIR_LIMIT });
  });
  afterAll(() => tenant.close());

  const contact = (phone: string, caller: number) => ({
    ...{ firstname: 'Mona', lastname: 'Ali', type: 'lead', phone },
    // Who has this e-mail in one batch is not who has it in another.
    email: `${(PHONES.indexOf(phone) + caller) % PHONES.length}@example.com`,
    source_id: tenant.defaults.sourceId,
    status_id: tenant.defaults.statusId,
  });
  const batch = (caller: number): Promise<ApiAnswer> =>
    tenant.api.json('POST', 'contacts/batch', {
      contacts: inTurn(PHONES, caller).map((phone) => contact(phone, caller)),
    });
  const create = (phone: string, caller: number): Promise<ApiAnswer> =>
    tenant.api.json('POST', 'contacts', contact(phone, caller));
  const send = (phone: string): Promise<ApiAnswer> =>
    tenant.api.send('text', { phone, message: 'hello' }, { prefer: 'respond-async' });
  const importAll = (caller: number): Promise<ApiAnswer> =>
    tenant.api.postForm('/api/v2/contacts/import', {
      file: {
        bytes: Buffer.from(
          ['phone,firstname,lastname', ...inTurn(PHONES, caller).map((one) => `${one},Mona,Ali`)].join('\n'),
        ),
        name: 'contacts.csv',
        type: 'text/csv',
      },
      source_id: tenant.defaults.sourceId,
      status_id: tenant.defaults.statusId,
    });
  const contactIds = async (): Promise<number[]> =>
    (await tenant.rows<{ id: number }>('SELECT id FROM contacts WHERE tenant_id = $1 ORDER BY id', [tenant.id])).map(
      ({ id }) => id,
    );

  it('leave counters that say how many there are, and nobody gets a 500', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = await contactIds();
      const callers = [0, 1, 2, 3].map((caller) => caller + round);
      const some = inTurn(PHONES, round).slice(0, 10);
      const answers = await Promise.all([
        ...callers.map(batch),
        ...some.map(send),
        ...some.map((phone) => create(phone, round)),
        ...(ids.length > 0
          ? callers.map((caller) => tenant.api.json('DELETE', 'contacts/batch', { ids: inTurn(ids, caller) }))
          : []),
        importAll(round),
        ...some.map((phone) =>
          tenant.control.inbound(tenant.phoneNumberId, { from: phone, text: 'hi' }).then(() => undefined),
        ),
      ]);
      statuses.push(...answers.flatMap((answer) => answer?.status ?? []));
    }
    expect(statuses.filter((status) => !EXPECTED.includes(status))).toEqual([]);
    expect(statuses).toContain(200);
    // True at every moment, because whoever makes a contact or opens a conversation counts it in the same transaction.
    const counts = await tenant.rows(
      `SELECT contact_count - (SELECT count(*)::int FROM contacts WHERE tenant_id = $1) AS contacts_off,
              (SELECT sum(conversations)::int FROM tenant_usage WHERE tenant_id = $1)
                - (SELECT count(*)::int FROM chats WHERE tenant_id = $1 AND conversation_expires_at IS NOT NULL) AS conversations_off
         FROM tenants WHERE id = $1`,
      [tenant.id],
    );
    expect(counts).toEqual([{ contacts_off: 0, conversations_off: 0 }]);
  });
});
