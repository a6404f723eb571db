import { Redis } from 'ioredis';
import { ApiClient, type ApiAnswer } from '../support/api-client.js';
import { ApiFleet } from '../support/api-fleet.js';
import { eventually } from '../support/eventually.js';

const header = (answer: ApiAnswer | undefined, name: string): number => Number(answer?.headers.get(name));

/** Real: two API processes, Redis that dies and comes back empty. */
describe('the limit of a token', () => {
  let fleet: ApiFleet;

  beforeAll(async () => {
    fleet = await ApiFleet.start(2);
  });
  afterAll(() => fleet.stop());

  /** Calls the processes in turn. */
  async function call(token: string, times: number): Promise<ApiAnswer[]> {
    const answers: ApiAnswer[] = [];
    for (let index = 0; index < times; index++) {
      const api = fleet.apis[index % fleet.apis.length];
      answers.push(await new ApiClient(api?.apiUrl ?? '', token).getMessage(1));
    }
    return answers;
  }

  it('is counted over all processes, and every answer says how many calls are left until when', async () => {
    const { token } = await fleet.token({ limit: 5 });
    const before = Date.now() / 1000;
    const answers = await call(token, 7);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 429, 429]);
    expect(answers.map((answer) => header(answer, 'x-ratelimit-limit'))).toEqual([5, 5, 5, 5, 5, 5, 5]);
    expect(answers.map((answer) => header(answer, 'x-ratelimit-remaining'))).toEqual([4, 3, 2, 1, 0, 0, 0]);
    const ends = answers.map((answer) => header(answer, 'x-ratelimit-reset'));
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThanOrEqual(1);
    expect(ends[0]).toBeGreaterThanOrEqual(Math.floor(before) + 59);
    const refused = answers[6];
    expect(refused?.body.error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    expect(refused?.body.error?.details?.retry_after).toBe(header(refused, 'retry-after'));
    expect(header(refused, 'retry-after')).toBeGreaterThanOrEqual(1);
    expect(header(refused, 'retry-after')).toBeLessThanOrEqual(60);
  });

  it('lets exactly as many of many calls at once through', async () => {
    const { token } = await fleet.token({ limit: 20 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => call(token, 1)));
    expect(answers.flat().filter(({ status }) => status === 404)).toHaveLength(20);
  });

  it('is capped by the plan', async () => {
    const { token } = await fleet.token({ limit: 100, planLimit: 2 });
    const answers = await call(token, 3);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 429]);
    expect(header(answers[0], 'x-ratelimit-limit')).toBe(2);
  });

  it('is the token’s own when the plan allows more', async () => {
    const { token } = await fleet.token({ limit: 2, planLimit: 100 });
    expect((await call(token, 3)).map(({ status }) => status)).toEqual([404, 404, 429]);
  });

  it('opens a new window when the old one ends', async () => {
    const { token, tokenId } = await fleet.token({ limit: 1 });
    expect((await call(token, 2)).map(({ status }) => status)).toEqual([404, 429]);
    // A minute is long for a test: the window's end is moved to now.
    const redis = new Redis(fleet.redis.url);
    await redis.pexpire(`fleet:rate:${tokenId}`, 1);
    await eventually('the window’s end', async () =>
      (await redis.exists(`fleet:rate:${tokenId}`)) ? undefined : true,
    );
    redis.disconnect();
    expect((await call(token, 2)).map(({ status }) => status)).toEqual([404, 429]);
  });

  it('is kept by each process for itself while Redis is gone, and together again when it is back', async () => {
    const { token } = await fleet.token({ limit: 2 });
    await fleet.redis.crash();
    try {
      const answers = await call(token, 6);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 429, 429]);
      expect(answers.map((answer) => header(answer, 'x-ratelimit-limit'))).toEqual([2, 2, 2, 2, 2, 2]);
    } finally {
      await fleet.redis.start();
    }
    await eventually('Redis counting for both again', async () => {
      const other = await fleet.token({ limit: 2 });
      const statuses = (await call(other.token, 4)).map(({ status }) => status);
      return statuses.join() === '404,404,429,429' ? true : undefined;
    });
  });

  it('does not make calls wait for a Redis that hangs', async () => {
    const { token } = await fleet.token({ limit: 50 });
    await call(token, 2);
    fleet.redis.signal('SIGSTOP');
    try {
      // The first call after that may find out the hard way; those after it may not.
      await call(token, 2);
      const begun = performance.now();
      expect((await call(token, 4)).map(({ status }) => status)).toEqual([404, 404, 404, 404]);
      // Each that asked Redis would wait for a second; on a slow machine one may, because the pause has ended.
      expect(performance.now() - begun).toBeLessThan(3000);
    } finally {
      fleet.redis.signal('SIGCONT');
    }
  });
});
