import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccountDriver, CUSTOMER, errorCode, SandboxDriver, TEXT } from '../testing/sandbox-driver.js';
import { PairLimit } from './pair-limit.js';
import { ThroughputLimit } from './throughput-limit.js';

/** Real HTTP on a machine that may be busy. */
jest.setTimeout(30_000);

describe('limits of a phone number', () => {
  let driver: SandboxDriver;

  beforeAll(async () => {
    driver = await SandboxDriver.start();
  });
  afterAll(() => driver.close());

  const frozen = async (number = {}): Promise<AccountDriver> => {
    const account = await driver.account({ number });
    await account.freeze();
    return account;
  };
  /** Sends to `count` different people at once and counts what was accepted. */
  const burst = async (account: AccountDriver, count: number, from = 0): Promise<number> => {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => account.send({ ...TEXT, to: `+2010${10_000_000 + from + index}` })),
    );
    for (const answer of answers) if (answer.status !== 200) expect(errorCode(answer)).toBe(130429);
    return answers.filter((answer) => answer.status === 200).length;
  };

  it('take 80 messages in a second, not 81, and again after that second', async () => {
    const account = await frozen();
    expect(await burst(account, 80)).toBe(80);
    expect(await burst(account, 1, 100)).toBe(0);
    await account.advance(0.999);
    expect(await burst(account, 1, 101)).toBe(0);
    await account.advance(0.001);
    expect(await burst(account, 81, 200)).toBe(80);
    expect(await account.number('GET', '/stats')).toMatchObject({ max_accepted_per_sliding_second: 80, accepted: 160 });
  });

  it('can be set per number', async () => {
    const account = await frozen({ throughput: 200 });
    expect(await burst(account, 201)).toBe(200);
    await account.number('PATCH', '', { throughput: 1000 });
    const { body } = await account.graph('GET', `/${account.numberId}?fields=throughput`);
    expect(body['throughput']).toEqual({ level: 'HIGH' });
  });

  it('count inbound messages too', async () => {
    const account = await frozen({ throughput: 3 });
    await account.inbound({ webhook: false });
    expect(await burst(account, 3)).toBe(2);
  });

  it('take a burst of 45 to one user, not 46, and then one in 6 seconds', async () => {
    const account = await frozen();
    for (let count = 0; count < 45; count++) expect((await account.send(TEXT)).status).toBe(200);
    const refused = await account.send(TEXT);
    expect([refused.status, errorCode(refused)]).toEqual([400, 131056]);
    expect((await account.send({ ...TEXT, to: '+16505559999' })).status).toBe(200);
    await account.advance(5.999);
    expect(errorCode(await account.send(TEXT))).toBe(131056);
    await account.advance(0.001);
    expect((await account.send(TEXT)).status).toBe(200);
    expect(errorCode(await account.send(TEXT))).toBe(131056);
  });

  it('count a business-scoped user id and its number as one user', async () => {
    const account = await frozen({ pair_limit: { burst: 1 } });
    const { user_id } = await account.inbound({ webhook: false });
    expect((await account.send(TEXT)).status).toBe(200);
    expect(errorCode(await account.send({ ...TEXT, to: undefined, recipient: user_id }))).toBe(131056);
  });

  it('hold back new users above the messaging limit, for 24 hours, outside service windows', async () => {
    const account = await driver.account({ account: { messaging_limit: 2 } });
    await account.freeze();
    const people = ['+201010000001', '+201010000002', '+201010000003'];
    const send = (to: string | undefined) => account.send({ ...TEXT, to });
    expect((await send(people[0])).status).toBe(200);
    expect((await send(people[1])).status).toBe(200);
    expect((await send(people[0])).status).toBe(200);
    expect(errorCode(await send(people[2]))).toBe(131048);
    await account.inbound({ from: people[2], webhook: false });
    expect((await send(people[2])).status).toBe(200);
    await account.advance(86_400);
    expect((await send(CUSTOMER)).status).toBe(200);
  });

  it('count a user of the messaging limit for 24 hours from the last message', async () => {
    const account = await driver.account({ account: { messaging_limit: 1 } });
    await account.freeze();
    const send = (to: string) => account.send({ ...TEXT, to });
    expect((await send('+201010000001')).status).toBe(200);
    await account.advance(43_200);
    expect((await send('+201010000001')).status).toBe(200);
    await account.advance(43_200);
    expect(errorCode(await send('+201010000002'))).toBe(131048);
    await account.advance(43_200);
    expect((await send('+201010000002')).status).toBe(200);
  });

  it('share the messaging limit between the accounts of a portfolio', async () => {
    const [one, two, alone] = await Promise.all([
      driver.account({ account: { business_id: '77', messaging_limit: 1 } }),
      driver.account({ account: { business_id: '77' } }),
      driver.account({ account: { business_id: '78' } }),
    ]);
    expect((await one.send({ ...TEXT, to: '+201010000001' })).status).toBe(200);
    expect((await two.send({ ...TEXT, to: '+201010000001' })).status).toBe(200);
    expect(errorCode(await two.send({ ...TEXT, to: '+201010000002' }))).toBe(131048);
    expect((await alone.send({ ...TEXT, to: '+201010000002' })).status).toBe(200);
  });
});

describe('ThroughputLimit', () => {
  it('remembers the busiest sliding second, not the busiest clock second', () => {
    const limit = new ThroughputLimit(1000);
    for (const at of [600, 700, 800, 900, 1100, 1200, 1599, 1600, 3000]) limit.recordSend(at);
    // From just after 600 to 1600 there are eight sends; 600 and 1600 are a full second apart.
    expect(limit.maxSendsPerSecond).toBe(7);
  });
});

describe('PairLimit', () => {
  it('forgets users whose burst is whole again', () => {
    const limit = new PairLimit(45, 6000);
    for (let user = 0; user < 60_000; user++) limit.record(String(user), user);
    expect(limit.allows('59999', 60_000)).toBe(true);
  });
});
