import { ApiClient } from '../support/api-client.js';
import { ApiFleet, type FleetToken } from '../support/api-fleet.js';
import { eventually } from '../support/eventually.js';

/** CONTRACT.md: revocation holds within 1 s on every process. */
const WITHIN_MS = 1000;

/** Real: two API processes, Postgres (behind a proxy that can freeze), Redis. */
describe('a token that was good', () => {
  let fleet: ApiFleet;
  let token: FleetToken;

  beforeAll(async () => {
    fleet = await ApiFleet.start(2);
  });
  afterAll(() => fleet.stop());

  /** Asks both processes; a message that is not there is 404 for whoever may ask. */
  const statuses = (): Promise<number[]> =>
    Promise.all(fleet.apis.map(async (api) => (await new ApiClient(api.apiUrl, token.token).getMessage(1)).status));
  const becomes = (status: number, what: string): Promise<true> =>
    eventually(what, async () => ((await statuses()).every((one) => one === status) ? true : undefined), WITHIN_MS);

  beforeEach(async () => {
    token = await fleet.token();
    await eventually('both processes knowing the token', async () =>
      (await statuses()).every((status) => status === 404) ? true : undefined,
    );
  });

  it('is refused everywhere within 1 s after it was revoked', async () => {
    await fleet.pool.query('UPDATE api_tokens SET revoked_at = now() WHERE id = $1', [token.tokenId]);
    await becomes(401, 'the refusal');
  });

  it('is refused everywhere within 1 s after it was deleted', async () => {
    await fleet.pool.query('DELETE FROM api_tokens WHERE id = $1', [token.tokenId]);
    await becomes(401, 'the refusal');
  });

  it('is refused when it expires', async () => {
    await fleet.pool.query(`UPDATE api_tokens SET expires_at = now() + interval '400 ms' WHERE id = $1`, [
      token.tokenId,
    ]);
    await eventually(
      'the refusal',
      async () => ((await statuses()).every((one) => one === 401) ? true : undefined),
      1500,
    );
  });

  it('is refused while its tenant is suspended, and good again afterwards', async () => {
    await fleet.pool.query(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [token.tenantId]);
    await becomes(401, 'the refusal');
    await fleet.pool.query(`UPDATE tenants SET status = 'active' WHERE id = $1`, [token.tenantId]);
    await becomes(404, 'the admission');
  });

  it('gets other scopes within 1 s', async () => {
    await fleet.pool.query(`UPDATE api_tokens SET scopes = '{contacts:read}' WHERE id = $1`, [token.tokenId]);
    await becomes(403, 'the refusal');
  });

  it('is refused although the connection that brings the notices was cut in the meantime', async () => {
    await fleet.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'rasl-%-listener' AND datname = current_database()`,
    );
    await fleet.pool.query('UPDATE api_tokens SET revoked_at = now() WHERE id = $1', [token.tokenId]);
    await becomes(401, 'the refusal');
  });

  it('is not admitted from memory while the database does not answer', async () => {
    fleet.postgres.freeze();
    try {
      await fleet.pool.query('UPDATE api_tokens SET revoked_at = now() WHERE id = $1', [token.tokenId]);
      // The connection looks alive; the beat notices. Until then the old answer may stand, for 1 s.
      const answers = fleet.apis.map(async (api) => {
        const client = new ApiClient(api.apiUrl, token.token);
        await new Promise((resolve) => setTimeout(resolve, WITHIN_MS));
        return client.request('GET', '/api/v2/messages/1', { signal: AbortSignal.timeout(1500) }).then(
          ({ status }) => status,
          // It waits for the database rather than answer from memory.
          () => 'no answer yet' as const,
        );
      });
      for (const answer of await Promise.all(answers)) expect([401, 503, 'no answer yet']).toContain(answer);
    } finally {
      fleet.postgres.restore();
    }
    await eventually('the refusal', async () => ((await statuses()).every((one) => one === 401) ? true : undefined));
  });
});
