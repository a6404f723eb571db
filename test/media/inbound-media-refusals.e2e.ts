import { MAX_FILE_BYTES } from '../../src/media/inbound/media-fetch.js';
import { eventually } from '../support/eventually.js';
import { TestTenant } from '../support/tenant.js';

interface Shown {
  id: number;
  url: string | null;
  media: { status: string; size_bytes: number | null; failure: string | null } | null;
}

/** Real processes: API, worker, sandbox, Postgres, Redis. What is shown of files that WhatsApp does not hand over. */
describe("a customer's file", () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await TestTenant.create();
  });
  afterEach(() => tenant.close());

  const write = async (media: Record<string, unknown> = {}): Promise<string> => {
    const message = { from: '201333000021', type: 'document', media };
    return (await tenant.control.inbound(tenant.phoneNumberId, message)).message_id;
  };
  /** The message, once its file is. */
  const shown = (wamid: string, status: string): Promise<Shown> =>
    eventually(`a file that is ${status}`, async () => {
      const { status: http, body } = await tenant.api.getMessage(wamid);
      const message = body.data as unknown as Shown;
      return http === 200 && message.media?.status === status ? message : undefined;
    });
  const fault = (draft: Record<string, unknown>) => tenant.control.addFault(tenant.phoneNumberId, draft);
  const hits = async (): Promise<number | undefined> => {
    const { data } = await tenant.control.call<{ data: { hits: number }[] }>(
      'GET',
      `/phone_numbers/${tenant.phoneNumberId}/faults`,
    );
    return data[0]?.hits;
  };

  it('that is gone is asked for three times, with pauses, and then said to be gone', async () => {
    await fault({ kind: 'error', code: 100, on: 'media_url' });
    const wamid = await write();
    for (const refusals of [1, 2]) {
      const pause = await eventually(`refusal ${refusals}`, async () => {
        const [row] = await tenant.rows<{ pause_s: number }>(
          `SELECT extract(epoch FROM next_at - now())::float8 AS pause_s FROM inbound_media
            WHERE tenant_id = $1 AND refusals = $2`,
          [tenant.id, refusals],
        );
        return row?.pause_s;
      });
      expect(pause).toBeGreaterThan(0);
      expect((await shown(wamid, 'pending')).url).toBeNull();
      await tenant.rows(`UPDATE inbound_media SET next_at = now() - interval '1 second' WHERE tenant_id = $1`, [
        tenant.id,
      ]);
    }
    expect(await shown(wamid, 'failed')).toMatchObject({
      url: null,
      media: { failure: 'WhatsApp does not hand the file over (any more).' },
    });
    expect(await hits()).toBe(3);
  });

  it('of 100 MB is fetched, one that is a byte larger is not, and the message says so', async () => {
    const bytes_base64 = Buffer.from('as large as they say').toString('base64');
    const [allowed, larger] = [
      await write({ bytes_base64, described_size: MAX_FILE_BYTES }),
      await write({ bytes_base64, described_size: MAX_FILE_BYTES + 1 }),
    ];
    expect((await fetch((await shown(allowed, 'stored')).url ?? '')).status).toBe(200);
    expect(await shown(larger, 'failed')).toMatchObject({
      url: null,
      media: { failure: 'The file is larger than 100 MB.', size_bytes: null },
    });
    expect(MAX_FILE_BYTES).toBe(100 * 1024 * 1024);
  });

  it.each([
    ['its address cannot be had', { kind: 'http_500', on: 'media_url' }],
    ['WhatsApp hangs up before its answer', { kind: 'drop_before_accept', on: 'media_url' }],
    ['the connection breaks in the middle of it', { kind: 'accept_then_drop', on: 'media_download' }],
    ['a proxy answers in its place', { kind: 'html_502', on: 'media_download' }],
  ])('comes whole, although at first %s', async (_what, draft) => {
    await fault({ ...draft, count: 1 });
    const bytes = Buffer.alloc(400_000, 'whole');
    const message = await shown(await write({ bytes_base64: bytes.toString('base64') }), 'stored');
    expect(await hits()).toBe(1);
    const answer = await fetch(message.url ?? '');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });
});
