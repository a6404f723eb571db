import { InboundMediaStore, type InboundMedia } from '../../src/media/inbound/inbound-media-store.js';
import { Outbox, type Sender } from '../delivery/outbox.js';

/** The files that workers are to fetch: whose turn it is, and what happens to leases. */
describe('claims of customers’ files', () => {
  let outbox: Outbox;
  let store: InboundMediaStore;
  beforeAll(async () => {
    outbox = await Outbox.create();
    store = new InboundMediaStore(outbox.postgres);
  });
  beforeEach(() => outbox.run('DELETE FROM inbound_media'));
  afterAll(() => outbox.close());

  const order = async (sender: Sender, count: number): Promise<number[]> => {
    const ids = await outbox.messages(sender, count, {
      direction: `'inbound'`,
      status: `'received'`,
      next_at: null,
    });
    await outbox.run(
      `INSERT INTO inbound_media (message_id, tenant_id, media_id, next_at)
       SELECT u.id, $2, 'm' || u.id, now() - interval '10 seconds' + u.n * interval '1 millisecond'
         FROM unnest($1::bigint[]) WITH ORDINALITY AS u (id, n)`,
      [ids, sender.tenantId],
    );
    return ids;
  };
  const file = (sha: number, key: string) => ({
    sha256: Buffer.alloc(32, sha),
    sizeBytes: 4,
    mimeType: 'image/jpeg',
    storageKey: key,
    publicId: `${key}-public`,
    filename: 'a.jpg',
  });
  const one = async (): Promise<InboundMedia> => {
    const [claimed] = await store.claim(1, 1, [], 60);
    if (!claimed) throw new Error('nothing was claimed');
    return claimed;
  };

  it('give every tenant its turn, however many files one of them has', async () => {
    const [many, few] = [await outbox.sender(), await outbox.sender()];
    await order(many, 20);
    await order(few, 2);
    const claimed = await store.claim(6, 4, [], 60);
    const tenants = claimed.map((claim) => claim.tenant_id);
    expect(tenants.filter((id) => id === few.tenantId)).toHaveLength(2);
    expect(tenants.filter((id) => id === many.tenantId)).toHaveLength(4);
    expect((await store.claim(20, 4, tenants, 60)).map((claim) => claim.tenant_id)).toEqual([]);
    expect(await store.claim(20, 5, tenants, 60)).toMatchObject([{ tenant_id: many.tenantId }]);
  });

  it('hand a file to one worker, and to the next when its lease has ended', async () => {
    const sender = await outbox.sender();
    const [id] = await order(sender, 1);
    const both = await Promise.all([store.claim(5, 5, [], 60), store.claim(5, 5, [], 60)]);
    expect(both.flat()).toMatchObject([{ message_id: id, tries: 1 }]);
    expect(await store.claim(5, 5, [], 60)).toEqual([]);
    await outbox.run(`UPDATE inbound_media SET next_at = now() - interval '1 second'`);
    expect(await store.claim(5, 5, [], 60)).toMatchObject([{ message_id: id, tries: 2 }]);
  });

  it('let only the newest lease end a file', async () => {
    const sender = await outbox.sender();
    const [id = 0] = await order(sender, 1);
    const first = await one();
    await outbox.run(`UPDATE inbound_media SET next_at = now() - interval '1 second'`);
    const second = await one();
    await store.giveUp(first, 'NOT_AVAILABLE');
    await store.postpone(first, 0, true);
    await store.renew([first], 600);
    expect(await store.finish(first, file(1, 'late'))).toBeNull();
    expect(await store.finish(second, file(1, 'mine'))).toBe('mine');
    const { rows } = await outbox.postgres.pool.query(
      `SELECT l.public_id, l.signed FROM messages m JOIN media_links l ON l.id = m.media_link_id WHERE m.id = $1`,
      [id],
    );
    expect(rows).toEqual([{ public_id: 'mine-public', signed: true }]);
    expect((await outbox.postgres.pool.query('SELECT 1 FROM inbound_media')).rows).toEqual([]);
  });

  it('refer to the content that the tenant has already', async () => {
    const sender = await outbox.sender();
    await order(sender, 2);
    expect(await store.finish(await one(), file(2, 'first'))).toBe('first');
    expect(await store.finish(await one(), file(2, 'again'))).toBe('first');
  });

  it('rest until their time, and for ever once they are given up', async () => {
    const sender = await outbox.sender();
    await order(sender, 1);
    await store.postpone(await one(), 3_600_000, true);
    expect(await store.claim(5, 5, [], 60)).toEqual([]);
    await outbox.run(`UPDATE inbound_media SET next_at = now() - interval '1 second'`);
    const again = await one();
    expect(again).toMatchObject({ refusals: 1, tries: 2 });
    await store.giveUp(again, 'TOO_LARGE');
    // By a worker that had not noticed yet.
    await store.renew([again], -1);
    expect(await store.claim(5, 5, [], 60)).toEqual([]);
  });
});
