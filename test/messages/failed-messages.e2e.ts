import { documentedErrors } from '../../src/messages/message-error.js';
import { eventually } from '../support/eventually.js';
import { insertChat } from '../support/stored-messages.js';
import { TestTenant } from '../support/tenant.js';

interface Failed {
  id: number;
  status: string;
  error: { code: number | string; title: string; details: string; meaning: string; advice: string };
}

const SENTENCE = /^[A-Z].{10,}\.$/;

/** Why it failed: WhatsApp's code, title and details, what it means, and what to do. */
describe('a failed message', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await TestTenant.create({ sandboxNumber: { enforce_window: false } });
  });
  afterAll(() => tenant.close());

  const failed = (id: number): Promise<Failed> =>
    eventually('the failure', async () => {
      const message = (await tenant.api.getMessage(id)).body.data as unknown as Failed;
      return message.status === 'failed' ? message : undefined;
    });

  it.each([
    ['at once', '+15550131026', 'wait=30', 500, 131026],
    // Who waits may be told of the failure, too, when it is reported before the answer is stored.
    ['later', '+15551131049', 'respond-async', 200, 131049],
  ])(
    'that WhatsApp refused %s says why, what that means and what to do',
    async (_when, phone, prefer, status, code) => {
      const answer = await tenant.api.send('text', { phone, message: 'Hello' }, { prefer });
      expect(answer.status).toBe(status);
      const id = Number(answer.body.data?.chat_message_id ?? answer.body.error?.details?.chat_message_id);
      expect((await failed(id)).error).toEqual({
        code,
        title: expect.stringMatching(/\w/) as string,
        details: expect.stringMatching(/\w/) as string,
        meaning: expect.stringMatching(SENTENCE) as string,
        advice: expect.stringMatching(SENTENCE) as string,
      });
    },
  );

  it('shows all of that in the list, too, for every code there is', async () => {
    const codes = documentedErrors().map(({ code }) => code);
    const other = await TestTenant.create();
    const { chatId, contactId } = await insertChat(other, { phone: '201444000001' });
    await other.rows(
      `INSERT INTO messages (tenant_id, number_id, chat_id, contact_id, direction, type, status, failed_at, error_code,
                             error_title, error_details)
       SELECT $1, $2, $3, $4, 'outbound', 'text', 'failed', now(), u.code, 'Title ' || u.code, 'Details of ' || u.code
         FROM unnest($5::text[]) AS u (code)`,
      [other.id, other.numberId, chatId, contactId, codes.map(String)],
    );
    const { body } = await other.api.request('GET', '/api/v2/messages?filter[status]=failed&per_page=100');
    const shown = body.data as unknown as Failed[];
    expect(shown.map(({ error }) => error.code)).toHaveLength(codes.length);
    expect(new Set(shown.map(({ error }) => error.code))).toEqual(new Set(codes));
    for (const { error } of shown) {
      expect(error).toEqual({
        code: error.code,
        title: `Title ${error.code}`,
        details: `Details of ${error.code}`,
        meaning: expect.stringMatching(SENTENCE) as string,
        advice: expect.stringMatching(SENTENCE) as string,
      });
      expect(error.meaning).not.toContain('not documented');
    }
    await other.close();
  });
});
