import { ACCESS_TOKEN_CONTEXT, AccessTokens } from '../../src/whatsapp/connection/access-tokens.js';
import { InboundMediaStore } from '../../src/media/inbound/inbound-media-store.js';
import { MediaFetch } from '../../src/media/inbound/media-fetch.js';
import { MediaLinks } from '../../src/media/media-links.js';
import { MediaFolder } from '../../src/media/testing/media-folder.js';
import { MediaServer } from '../../src/media/testing/media-server.js';
import { Encryption } from '../../src/platform/crypto/encryption.js';
import { CustomerMedia } from '../../src/whatsapp/client/customer-media.js';
import { Outbox } from '../delivery/outbox.js';

/** Larger than what is held in memory, so that a temporary file is written, too. */
const LIMIT = 300_000;

class SmallFetch extends MediaFetch {
  protected override readonly maxBytes = LIMIT;
}

/** How large a customer's file may be, with a limit that is quickly reached: as described, and as it comes. */
describe("the limit of a customer's file", () => {
  let outbox: Outbox;
  let folder: MediaFolder;
  let whatsapp: MediaServer;
  let media: CustomerMedia;
  let store: InboundMediaStore;
  let fetch: SmallFetch;
  beforeAll(async () => {
    [outbox, folder, whatsapp] = await Promise.all([Outbox.create(), MediaFolder.create(), MediaServer.start()]);
    const settings = { ...outbox.settings, WHATSAPP_API_BASE_URL: whatsapp.url('') };
    const encryption = new Encryption(outbox.settings);
    media = new CustomerMedia(settings);
    store = new InboundMediaStore(outbox.postgres);
    fetch = new SmallFetch(
      media,
      new AccessTokens(outbox.postgres, encryption),
      store,
      new MediaLinks(outbox.settings, encryption),
      folder.store,
      folder.tempFiles,
      folder.log,
    );
  });
  afterAll(async () => {
    media.onModuleDestroy();
    await Promise.all([outbox.close(), folder.remove(), whatsapp.stop()]);
  });

  let files = 0;
  /** A file to fetch, for an account whose token is readable in this context. */
  const order = async (context = ACCESS_TOKEN_CONTEXT) => {
    const sender = await outbox.sender();
    await outbox.run('UPDATE whatsapp_accounts SET access_token_encrypted = $2 WHERE id = $1', [
      sender.accountId,
      new Encryption(outbox.settings).encrypt('token', context),
    ]);
    const inbound = { direction: `'inbound'`, status: `'received'`, next_at: null };
    const id = await outbox.message(sender, { type: `'document'`, ...inbound });
    await outbox.run('UPDATE messages SET media_link_id = NULL WHERE id = $1', [id]);
    files += 1;
    const name = `${files}`;
    // Columns of times hold milliseconds, and may round up: a second back is due.
    await outbox.run(
      `INSERT INTO inbound_media (message_id, tenant_id, media_id, next_at)
       VALUES ($1, $2, $3, now() - interval '1 second')`,
      [id, sender.tenantId, name],
    );
    return { id, name };
  };
  const fetchNext = async () => {
    const [claimed] = await store.claim(1, 1, [], 60);
    if (!claimed) throw new Error('the file was not claimed');
    await fetch.fetch(claimed, new AbortController().signal);
  };
  /** A file that WhatsApp describes as `described` bytes (null: it does not say) and that has `size`; what became of it. */
  const receive = async (described: number | null, size: number) => {
    const { id, name } = await order();
    const bytes = Buffer.alloc(size, `${name} `);
    const url = whatsapp.on(`/bytes/${name}`, (_request, response) => response.writeHead(200).end(bytes));
    const sizeField = described === null ? {} : { file_size: String(described) };
    whatsapp.on(`/${outbox.settings.WHATSAPP_API_VERSION}/${name}`, (_request, response) => {
      const answer = { url, mime_type: 'application/pdf', ...sizeField };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await fetchNext();
    const { rows } = await outbox.postgres.pool.query<{ size_bytes: number | null; failure: string | null }>(
      `SELECT f.size_bytes, i.failure FROM messages m
         LEFT JOIN media_links l ON l.id = m.media_link_id LEFT JOIN media_files f ON f.id = l.media_file_id
         LEFT JOIN inbound_media i ON i.message_id = m.id
        WHERE m.id = $1`,
      [id],
    );
    const asked = whatsapp.requests.filter(({ url: path }) => path === `/bytes/${name}`).length;
    return { ...rows[0], asked };
  };

  it.each([
    ['as it was described', LIMIT],
    ['although nothing was said of its size', null],
    ['although less was said of its size', LIMIT - 1],
  ])('allows a file that is just as large, %s', async (_what, described) => {
    expect(await receive(described, LIMIT)).toEqual({ size_bytes: LIMIT, failure: null, asked: 1 });
  });

  it('does not even begin with one that is described as a byte larger', async () => {
    expect(await receive(LIMIT + 1, LIMIT + 1)).toEqual({ size_bytes: null, failure: 'TOO_LARGE', asked: 0 });
  });

  it.each([
    ['nothing was said of its size', null],
    ['less was said of its size', LIMIT],
  ])('breaks off one that turns out a byte larger, when %s, and keeps nothing of it', async (_what, described) => {
    const before = await folder.stored();
    expect(await receive(described, LIMIT + 1)).toEqual({ size_bytes: null, failure: 'TOO_LARGE', asked: 1 });
    expect(await folder.stored()).toEqual(before);
    expect(await folder.temporary()).toEqual([]);
    expect(folder.openFiles()).toEqual([]);
  });

  it('is not looked at without an access token that can be read: that is waited for, and is no refusal', async () => {
    const { id } = await order('of something else');
    const before = whatsapp.requests.length;
    await fetchNext();
    expect(whatsapp.requests).toHaveLength(before);
    const { rows } = await outbox.postgres.pool.query<{ refusals: number; failure: string | null; pause_s: number }>(
      `SELECT refusals, failure, extract(epoch FROM next_at - now())::float8 AS pause_s
         FROM inbound_media WHERE message_id = $1`,
      [id],
    );
    expect(rows).toMatchObject([{ refusals: 0, failure: null }]);
    // Longer than the lease of the claim: it was put off, not forgotten.
    expect(rows[0]?.pause_s).toBeGreaterThan(61);
  });
});
