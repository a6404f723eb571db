import { type ApiAnswer, ApiClient } from '../support/api-client.js';
import { PlatformProcess } from '../support/platform-process.js';
import { counted, OtpLab, told } from './otp-lab.js';

const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error('run the end-to-end tests by "npm test"');
  return value;
};

/** What a try is told that is neither right nor wrong. A busy machine does not serve 200 in the time that a call waits. */
const REFUSALS = [
  '422 MAX_ATTEMPTS_EXCEEDED',
  '422 OTP_NOT_FOUND',
  '429 RATE_LIMIT_EXCEEDED',
  '503 SERVICE_UNAVAILABLE',
];

/** Two API processes, called at the same moment. Real: worker, sandbox, Postgres, Redis. */
describe('one-time codes under attack', () => {
  let lab: OtpLab;
  let second: PlatformProcess;
  let apis: ApiClient[];
  beforeAll(async () => {
    lab = await OtpLab.create();
    second = await PlatformProcess.start({
      role: 'api',
      databaseUrl: env('E2E_DATABASE_URL'),
      redisUrl: env('TEST_REDIS_URL'),
      redisPrefix: env('E2E_REDIS_PREFIX'),
      sandboxUrl: env('E2E_SANDBOX_URL'),
      appSecret: (await lab.tenant.control.defaults()).app_secret,
      mediaDir: env('E2E_MEDIA_DIR'),
    });
    apis = [lab.tenant.api, new ApiClient(second.apiUrl, lab.tenant.api.token)];
  });
  afterAll(async () => {
    await lab.close();
    await second.stop();
  });

  /** Calls so often at once, in turns at both processes. */
  const atOnce = <T>(times: number, call: (api: ApiClient | undefined, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: times }, (_, index) => call(apis[index % 2], index)));

  /** What limits the phone is forgotten, as after its window; what was tried of a code stays. */
  const forgetLimits = (phone: string) =>
    lab.tenant.rows('DELETE FROM one_time_code_limits WHERE tenant_id = $1 AND phone = $2', [lab.tenant.id, phone]);

  it('allow 200 simultaneous guesses exactly their attempts, and not the right one after that', async () => {
    const phone = lab.phone();
    await lab.sent({ phone, code: '483927' });
    const answers = await atOnce(200, (api, index) => lab.verify({ phone, code: String(500_000 + index) }, api));
    const counts = counted(answers);
    expect(counts['422 INVALID_CODE']).toBe(5);
    expect(Object.keys(counts).filter((answer) => !['422 INVALID_CODE', ...REFUSALS].includes(answer))).toEqual([]);
    const remaining = answers.flatMap(({ body }) => body.error?.details?.attempts_remaining ?? []);
    expect(remaining.sort()).toEqual([0, 1, 2, 3, 4]);
    // The limit of the phone lets no more than ten through, whatever the code allows.
    expect(counts['422 MAX_ATTEMPTS_EXCEEDED']).toBe(5);
    await forgetLimits(phone);
    expect(told(await lab.verify({ phone, code: '483927' }))).toBe('422 MAX_ATTEMPTS_EXCEEDED');
    expect((await lab.status({ phone })).body.data).toMatchObject({
      has_active_otp: true,
      verification_attempts: 5,
      attempts_remaining: 0,
    });
    // Only a new one helps.
    await lab.sent({ phone, code: '483927' });
    expect(told(await lab.verify({ phone, code: '483927' }))).toBe('200');
  });

  it('are verified once by 50 simultaneous right tries', async () => {
    const phone = lab.phone();
    await lab.sent({ phone, code: 'Right1' });
    const counts = counted(await atOnce(50, (api) => lab.verify({ phone, code: 'Right1' }, api)));
    expect(counts['200']).toBe(1);
    expect(Object.keys(counts).filter((answer) => !['200', ...REFUSALS].includes(answer))).toEqual([]);
    const entries = await lab.tenant.rows(
      `SELECT a.action FROM audit a JOIN messages m ON m.id = ANY (a.subject_ids) AND m.tenant_id = a.tenant_id
        WHERE a.tenant_id = $1 AND a.action = 'otp.verified' AND m.phone = $2`,
      [lab.tenant.id, phone],
    );
    expect(entries).toHaveLength(1);
  });

  it('are good no more once the next is sent, whoever tries them at that moment', async () => {
    const phone = lab.phone();
    const first = await lab.sent({ phone, code: 'First1' });
    const tries = atOnce(8, (api) => lab.verify({ phone, code: 'First1' }, api));
    const again = await lab.resend({ phone });
    const counts = counted(await tries);
    // Before the resend at most one was right; after its answer none is.
    expect(counts['200'] ?? 0).toBeLessThanOrEqual(1);
    await forgetLimits(phone);
    expect(told(await lab.verify({ phone, code: 'First1' }))).toMatch(/^422 (INVALID_CODE|MAX_ATTEMPTS_EXCEEDED)$/);
    expect(await lab.codeOf(again)).not.toBe('First1');
    expect(first.body.data?.chat_message_id).not.toBe(again.body.data?.chat_message_id);
  });

  it.each([
    ['sends', 'send', 5, 600],
    ['resends', 'resend', 3, 300],
  ] as const)('are limited in %s to a phone, over all processes and purposes', async (_what, call, most, windowS) => {
    const phone = lab.phone();
    // On a busy machine some wait too long for the phone's turn, and are told to come again.
    const send = async (api: ApiClient | undefined, index: number): Promise<ApiAnswer> => {
      const answer = await lab[call]({ phone, purpose: `p${index}` }, { prefer: 'respond-async' }, api);
      return answer.status === 503 ? send(api, index) : answer;
    };
    const answers = await atOnce(20, send);
    expect(counted(answers)).toEqual({ '200': most, '429 RATE_LIMIT_EXCEEDED': 20 - most });
    const refused = answers.find(({ status }) => status === 429);
    const wait = Number(refused?.body.error?.details?.retry_after);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(windowS);
    expect(refused?.headers.get('retry-after')).toBe(String(wait));
    // Nothing of the refused ones is there; another phone has its own limit, and so has the other call.
    const stored = await lab.tenant.rows('SELECT 1 FROM messages WHERE tenant_id = $1 AND phone = $2', [
      lab.tenant.id,
      phone,
    ]);
    expect(stored).toHaveLength(most);
    expect(told(await send(apis[1], 20))).toBe('429 RATE_LIMIT_EXCEEDED');
    expect(told(await lab[call]({ phone: lab.phone() }))).toBe('200');
    expect(told(await lab[call === 'send' ? 'resend' : 'send']({ phone }))).toBe('200');
    await lab.later(phone, windowS - 30);
    expect(told(await send(apis[0], 21))).toBe('429 RATE_LIMIT_EXCEEDED');
    await lab.later(phone, 31);
    expect(told(await send(apis[0], 22))).toBe('200');
  });

  it('are limited in tries of a phone; a right one clears the count', async () => {
    const phone = lab.phone();
    for (const purpose of ['a', 'b']) await lab.sent({ phone, code: 'Right1', purpose });
    const guess = (api: ApiClient | undefined, index: number) =>
      lab.verify({ phone, code: 'wrong', purpose: index % 2 === 0 ? 'a' : 'b' }, api);
    expect(counted(await atOnce(4, guess))).toEqual({ '422 INVALID_CODE': 4 });
    expect(told(await lab.verify({ phone, code: 'Right1', purpose: 'a' }))).toBe('200');
    // Ten more are allowed from here: of the code that is gone, of the other one until its attempts are used up.
    const counts = counted(await atOnce(12, guess));
    expect(counts['429 RATE_LIMIT_EXCEEDED']).toBe(2);
    const limited = await lab.verify({ phone, code: 'Right1', purpose: 'b' });
    expect(told(limited)).toBe('429 RATE_LIMIT_EXCEEDED');
    expect(Number(limited.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    await lab.later(phone, 61);
    expect(told(await lab.verify({ phone, code: 'Right1', purpose: 'c' }))).toBe('422 OTP_NOT_FOUND');
  });
});
