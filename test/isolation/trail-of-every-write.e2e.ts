import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AUDIT_ACTIONS } from '../../src/platform/audit/audit-actions.js';
import { sharedPlace, TestTenant } from '../support/tenant.js';
import { call, example, ofEach, pathWith } from './calls.js';
import { everythingOf, giveRecords, type Records, type State } from './records.js';
import { type Route, tenantRoutes } from './routes.js';

/** Some eighty calls, each by a tenant of its own; a machine with other work takes its time. */
const WALK_MS = 240_000;

/** The trail of one change: an entry of the audit, or a message, which is its own entry. */
interface Trace {
  action: string;
  token_id: number | null;
  request_id: string | null;
}

/** What one call did. Whatever changed something has to stand in the trail, also when the answer was a refusal. */
interface Outcome {
  kind: 'done' | 'nothing changed' | 'wrong';
  said: string;
}

/** They ask, with a body: they change nothing, which is looked at here, too. */
const ASKING = ['POST /api/v2/auth/status', 'POST /api/v2/integrations/ecommerce/{id}/dry-run'];

const KNOWN_ACTIONS: ReadonlySet<string> = new Set([...Object.keys(AUDIT_ACTIONS), 'message.sent']);

const TRAIL = `
SELECT action, token_id, request_id FROM audit WHERE tenant_id = $1
UNION ALL
SELECT 'message.sent', token_id, request_id FROM messages WHERE tenant_id = $1 AND id <> ALL ($2::bigint[])`;

/**
 * Every route of the program that changes something, called once with the example of its documentation and the caller's
 * own records. The routes come from the document that the program serves, so a new one is called without a word here. Real processes: API, worker, sandbox, Postgres, Redis.
 */
describe('the trail of who changed what', () => {
  let writing: Route[];
  beforeAll(async () => {
    const document = (await (await fetch(`${sharedPlace().apiUrl}/openapi.json`)).json()) as OpenAPIObject;
    writing = tenantRoutes(document).filter(({ method }) => method !== 'GET');
  });

  async function outcomeOf(route: Route, state: State): Promise<Outcome> {
    const tenant = await TestTenant.create();
    try {
      const records = await giveRecords(tenant, state);
      const before = await changeableOf(tenant);
      const requestId = randomUUID();
      const path = pathWith(route.path, records.id);
      const fields = example(route, records, tenant);
      const { status, text } = await call(tenant, route, path, fields, { 'x-request-id': requestId });
      const said = `${state}: ${status} ${text}`;
      const trail = await trailOf(tenant, records);
      const tokens = await tenant.rows<{ id: number }>('SELECT id FROM api_tokens WHERE tenant_id = $1', [tenant.id]);
      const isRight = ({ action, token_id, request_id }: Trace): boolean =>
        token_id === tokens[0]?.id && request_id === requestId && KNOWN_ACTIONS.has(action);
      if (!trail.every(isRight)) return { kind: 'wrong', said: `${said}: ${JSON.stringify(trail)}` };
      if (trail.length > 0) return { kind: status === 200 || status === 201 ? 'done' : 'wrong', said };
      const after = await changeableOf(tenant);
      const changed = Object.keys(after).filter((table) => !isDeepStrictEqual(after[table], before[table]));
      if (changed.length > 0) return { kind: 'wrong', said: `${said}: ${changed.join(', ')} changed without a trace` };
      return { kind: 'nothing changed', said };
    } finally {
      await tenant.close();
    }
  }

  /** Numbers and accounts are looked after by the workers, too. */
  async function changeableOf(tenant: TestTenant): Promise<Record<string, string[]>> {
    const { phone_numbers: numbers, whatsapp_accounts: accounts, ...others } = await everythingOf(tenant);
    expect([numbers?.length, accounts?.length]).toEqual([1, 1]);
    return others;
  }

  const trailOf = (tenant: TestTenant, { id }: Records): Promise<Trace[]> =>
    tenant.rows<Trace>(TRAIL, [tenant.id, [id, id + 1]]);

  it(
    'names the token and the request of every call that changes something',
    async () => {
      expect(writing.length).toBeGreaterThan(20);
      const faults: Record<string, unknown> = {};
      await ofEach(writing, async (route) => {
        const outcomes = [await outcomeOf(route, 'in-use'), await outcomeOf(route, 'idle')];
        const kinds = outcomes.map(({ kind }) => kind);
        // A kind of record that is new needs its row in records.ts: then there is something to change.
        const wanted = ASKING.includes(route.name) ? 'nothing changed' : 'done';
        if (kinds.includes('wrong') || !kinds.includes(wanted)) faults[route.name] = outcomes;
      });
      expect(faults).toEqual({});
    },
    WALK_MS,
  );
});
