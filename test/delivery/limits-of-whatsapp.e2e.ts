import { commandJson } from '../operator/command.js';
import { eventually } from '../support/eventually.js';
import { SendingLab } from './sending-lab.js';
import { NO_HISTORY, SlotsLab } from './slots-lab.js';

/** Real: API, worker, Postgres, Redis and the sandbox. */
let lab: SendingLab;
/** The same slots, as another process has them. */
let beside: SlotsLab;
beforeAll(async () => {
  lab = await SendingLab.start({ env: { RECOVERY_INTERVAL_MS: '100' } });
  beside = new SlotsLab(NO_HISTORY, lab.installation.redis.prefix);
  await beside.ready();
});
afterAll(async () => {
  beside.close();
  await lab.stop();
});

describe("a customer's message", () => {
  it('is charged to the rate of the number it came to, once', async () => {
    const tenant = await lab.tenant();
    await tenant.control.inbound(tenant.phoneNumberId, {
      from: '+201055550001',
      type: 'text',
      text: 'hello',
    });
    const state = await eventually(
      'a charge',
      async () => (await beside.slots.state(tenant.numberId, 80)) ?? undefined,
    );
    const start = Number(await beside.redis.commands.hget(beside.key(tenant.numberId), 'start')) / 1000;
    expect(state.nextFreeAt - start).toBeCloseTo(1000 / 76, 1);
  });
});

describe('a recipient who cannot take more', () => {
  it('waits alone when WhatsApp says so, as long as it says', async () => {
    const tenant = await lab.tenant({ sandboxNumber: { pair_limit: { burst: 1, interval_s: 2 } } });
    await lab.sendOne(tenant, '201066660001');
    await lab.settled(tenant);
    const second = await lab.sendOne(tenant, '201066660001');
    const refused = () => tenant.control.requests(tenant.phoneNumberId, { error_code: '131056' });
    await eventually('a refusal', async () => ((await refused()).length > 0 ? true : undefined));
    const pair = beside.key(tenant.numberId, 'pair:201066660001');
    await eventually('the pair being full', async () =>
      (await beside.redis.commands.pttl(pair)) > 44 * 6000 ? true : undefined,
    );
    const stranger = await lab.sendOne(tenant, '201066660002');
    await eventually('the other recipient being served', async () =>
      (await lab.messages(tenant)).some(
        ({ id, status }) => id === stranger && status !== 'queued' && status !== 'sending',
      )
        ? true
        : undefined,
    );
    expect((await lab.messages(tenant)).find(({ id }) => id === second)?.status).toBe('sending');
    const message = (await lab.settled(tenant)).find(({ id }) => id === second);
    expect(['sent', 'delivered', 'read']).toContain(message?.status);
    expect(message?.retries).toBeGreaterThan(0);
    expect((await beside.slots.state(tenant.numberId, 80))?.factor).toBe(1);
  });

  it('is not sent more than his limit allows: what the API accepts waits until then', async () => {
    const tenant = await lab.tenant();
    await lab.sendOne(tenant, '201077770002');
    await lab.settled(tenant);
    await beside.slots.holdPair(tenant.numberId, '201077770001', 2500);
    const held = await lab.sendOne(tenant, '201077770001');
    await lab.sendOne(tenant, '201077770003');
    const messages = await lab.settled(tenant);
    const lateBy = (id: number): number => messages.find((message) => message.id === id)?.late_ms ?? NaN;
    expect(lateBy(held)).toBeGreaterThan(1500);
    expect(messages.every(({ retries }) => retries === 0)).toBe(true);
    expect(await tenant.control.requests(tenant.phoneNumberId, { error_code: '131056' })).toEqual([]);
  });
});

describe('a number that the operator resumes', () => {
  it('starts at about a tenth of its rate, and gets faster', async () => {
    const { database, sandbox, api } = lab.installation;
    const env = { DATABASE_URL: database.url, WHATSAPP_API_BASE_URL: sandbox.url, PUBLIC_URL: api.apiUrl };
    const tenant = await lab.tenant({ throughput: 50 });
    const first = await lab.sendOne(tenant);
    await lab.settled(tenant);
    await commandJson(['whatsapp', 'pause', tenant.phoneNumberId, '--reason', 'test'], env);
    await lab.fill(tenant, 60);
    await commandJson(['whatsapp', 'resume', tenant.phoneNumberId], env);
    await lab.settled(tenant);
    const times = (await tenant.control.messages(tenant.phoneNumberId))
      .filter((message) => !message.biz_opaque_callback_data?.startsWith(`m=${first};`))
      .map(({ at }) => at)
      .sort((a, b) => a - b);
    expect(times).toHaveLength(60);
    const inWindow = (from: number, ms: number): number => times.filter((at) => at >= from && at < from + ms).length;
    // At the whole rate, 47 a second, all of them would have left in less than a second and a half.
    expect(inWindow(times[0] ?? NaN, 1000)).toBeLessThanOrEqual(12);
    // A tenth that stays a tenth is 9.4 in two seconds.
    expect(Math.max(...times.map((from) => inWindow(from, 2000)))).toBeGreaterThan(13);
  });
});
