import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestTenant } from '../support/tenant.js';
import { type Endpoint, endpointOf, happen } from '../webhooks/delivery-lab.js';
import { Receiver } from '../webhooks/receiver-lab.js';
import { command, commandJson } from './command.js';
import { operatorEnvironment } from './place.js';

interface Listed {
  id: number;
  tenant_id: number;
  host: string;
  enabled: boolean;
  disabled_reason: string | null;
  waiting: number;
  dead: number;
}

/** Real: API, worker, Postgres, and a tenant's program that listens. */
describe("the operator's commands on webhooks", () => {
  let tenant: TestTenant;
  let receiver: Receiver;
  let endpoint: Endpoint;
  beforeAll(async () => {
    receiver = await Receiver.start();
    tenant = await TestTenant.create({ withoutNumber: true });
    endpoint = await endpointOf(tenant, `${receiver.url}/one?key=s3cret`);
    await endpointOf(tenant, `${receiver.url}/other`);
  });
  afterAll(async () => {
    await tenant.close();
    await receiver.stop();
  });

  const run = <T = unknown>(...args: string[]): Promise<T> =>
    commandJson<T>(['webhooks', ...args], operatorEnvironment());
  const listed = async (): Promise<Listed | undefined> =>
    (await run<Listed[]>('list', '--tenant', String(tenant.id))).find(({ id }) => id === endpoint.id);
  const newsOfOther = async (count: number): Promise<unknown> =>
    JSON.parse((await receiver.count(count, '/other'))[count - 1]?.body ?? '');

  it('list endpoints of one tenant or of all, and never the whole address', async () => {
    expect(await listed()).toEqual({
      id: endpoint.id,
      tenant_id: tenant.id,
      host: new URL(receiver.url).host,
      enabled: true,
      disabled_reason: null,
      disabled_at: null,
      failing_since: null,
      waiting: 0,
      dead: 0,
    });
    const { stdout } = await command(['webhooks', 'list'], operatorEnvironment());
    expect(stdout).toMatch(new RegExp(`^${endpoint.id} +${tenant.id} +${new URL(receiver.url).host} +enabled `, 'm'));
    expect(stdout).not.toContain('s3cret');
    const stranger = await TestTenant.create({ withoutNumber: true });
    expect(await run('list', '--tenant', String(stranger.id))).toEqual([]);
    await stranger.close();
  });

  it('disable an endpoint, replay what was given up, and enable it again; its tenant is told', async () => {
    const id = String(endpoint.id);
    expect(await run('disable', id)).toEqual({ id: endpoint.id, enabled: false, changed: true });
    expect(await run('disable', id)).toEqual({ id: endpoint.id, enabled: false, changed: false });
    expect(await newsOfOther(1)).toMatchObject({
      event: { type: 'webhook.disabled' },
      changes: { current: { id: endpoint.id, enabled: false, disabled_reason: 'operator' } },
    });

    const [waiting = 0] = await happen(tenant, endpoint, [1]);
    expect(await listed()).toMatchObject({ enabled: false, disabled_reason: 'operator', waiting: 1, dead: 0 });
    await tenant.rows(`UPDATE webhook_deliveries SET status = 'dead', next_at = NULL WHERE id = $1`, [waiting]);
    expect(await listed()).toMatchObject({ waiting: 0, dead: 1 });
    const replayed = await run<{ id: number }>('replay', String(waiting));
    expect(replayed).toEqual({ id: expect.any(Number), replay_of: waiting, tenant_id: tenant.id });
    expect(await listed()).toMatchObject({ waiting: 1, dead: 0 });
    expect(receiver.received.filter(({ path }) => path.startsWith('/one'))).toEqual([]);

    expect(await run('enable', id)).toEqual({ id: endpoint.id, enabled: true, changed: true });
    expect(await run('enable', id)).toEqual({ id: endpoint.id, enabled: true, changed: false });
    await receiver.count(1, '/one');
    expect(await newsOfOther(2)).toMatchObject({ event: { type: 'webhook.enabled' } });
    expect(await listed()).toMatchObject({ enabled: true, disabled_reason: null });
  });

  it.each([
    [['disable', '999999999'], 1, 'There is no webhook 999999999'],
    [['enable', '999999999'], 1, 'There is no webhook 999999999'],
    [['replay', '999999999999999'], 1, 'There is no delivery 999999999999999'],
    [['replay', '1000000000000000'], 2, 'It must be a whole number from 1'],
    [['replay', '0'], 2, 'It must be a whole number from 1'],
    [['disable', 'one'], 2, 'It must be a whole number from 1'],
  ])('say what is wrong: %j', async (args, status, text) => {
    const { code, stderr } = await command(['webhooks', ...args], operatorEnvironment());
    expect([code, stderr]).toEqual([status, expect.stringContaining(text)]);
  });
});
