import { claimMessages } from '../../src/delivery/attempts/claim-messages.js';
import { extendClaims, submitAttempts } from '../../src/delivery/attempts/hold-attempts.js';
import { Outbox, type MessageColumns, type Sender } from './outbox.js';

let outbox: Outbox;
let sender: Sender;
beforeAll(async () => {
  outbox = await Outbox.create();
  sender = await outbox.sender();
});
afterAll(() => outbox.close());

const claim = (...ids: number[]) =>
  claimMessages(
    outbox.postgres,
    ids.map((id) => ({ id, generation: 1 })),
    { leaseS: 30, worker: 'w' },
  );

describe('claiming', () => {
  it('takes a released message into work, with a lease, an attempt and all that its payload needs', async () => {
    const id = await outbox.message(sender, { body: `'hello'`, content: `'{"a":1}'` });
    const [message] = await claim(id);
    expect(message).toMatchObject({
      id,
      tenantId: sender.tenantId,
      attemptNo: 1,
      retries: 0,
      type: 'image',
      phone: '15550001',
      body: 'hello',
      content: { a: 1 },
      media: { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: 4, storageKey: 'key', uploadedId: null },
      number: { id: sender.numberId, accountId: sender.accountId, ratePerSecond: 80 },
    });
    const row = await outbox.read(id);
    expect(row).toMatchObject({ status: 'sending', attempt_state: 'claimed', attempt_no: 1, priority: 4 });
    expect(row.next_in_s).toBeGreaterThan(25);
    expect(row.next_in_s).toBeLessThanOrEqual(30);
    expect(await outbox.attempts(id)).toMatchObject([{ attempt_no: 1, state: 'claimed' }]);
  });

  it('lets a one-time code keep its priority', async () => {
    const id = await outbox.message(sender, { priority: 0 });
    await claim(id);
    expect(await outbox.read(id)).toMatchObject({ priority: 0 });
  });

  it.each<[string, MessageColumns]>([
    ['was released again since', { generation: 2 }],
    ['is in work under a live lease', { status: `'sending'`, attempt_state: `'claimed'`, attempt_no: 1 }],
    ['may be on the wire', { status: `'sending'`, attempt_state: `'submitting'`, attempt_no: 1 }],
    ['has expired by now', { expires_at: `now() - interval '1 second'` }],
    ['was cancelled', { status: `'cancelled'`, next_at: null }],
    ['was sent', { status: `'sent'`, next_at: null }],
    ['is unknown', { status: `'unknown'`, next_at: null }],
  ])('steps aside when the message %s', async (_why, columns) => {
    const id = await outbox.message(sender, columns);
    const before = await outbox.read(id);
    expect(await claim(id)).toEqual([null]);
    expect({ ...(await outbox.read(id)), next_in_s: 0 }).toEqual({ ...before, next_in_s: 0 });
    expect(await outbox.attempts(id)).toEqual([]);
  });

  it('gives one of two jobs the message, in one group and in two at the same time', async () => {
    const [twice = 0, raced = 0] = await outbox.messages(sender, 2);
    expect((await claim(twice, twice)).filter(Boolean)).toHaveLength(1);
    const racers = await Promise.all([claim(raced), claim(raced), claim(raced)]);
    expect(racers.flat().filter(Boolean)).toHaveLength(1);
    expect(await outbox.attempts(raced)).toHaveLength(1);
  });

  it("puts a paused number's message back, due at once", async () => {
    const paused = await outbox.sender();
    await outbox.run('UPDATE phone_numbers SET paused_at = now() WHERE id = $1', [paused.numberId]);
    const id = await outbox.message(paused, { next_at: `now() + interval '10 seconds'` });
    expect(await claim(id)).toEqual([null]);
    expect(await outbox.read(id)).toMatchObject({ status: 'queued', attempt_no: 0, attempt_state: null });
    expect((await outbox.read(id)).next_in_s).toBeLessThanOrEqual(0);
  });

  it('knows an upload for 29 days', async () => {
    const [young = 0, old = 0] = await outbox.messages(sender, 2);
    const remember = (id: number, age: string) =>
      outbox.run(
        `INSERT INTO whatsapp_media_ids (number_id, media_file_id, media_id, uploaded_at)
         SELECT m.number_id, l.media_file_id, 'media', now() - $2::interval
           FROM messages m JOIN media_links l ON l.id = m.media_link_id WHERE m.id = $1
         ON CONFLICT (number_id, media_file_id) DO UPDATE SET uploaded_at = excluded.uploaded_at`,
        [id, age],
      );
    await remember(young, '28 days 23 hours');
    expect((await claim(young))[0]?.media?.uploadedId).toBe('media');
    await remember(old, '29 days 1 second');
    expect((await claim(old))[0]?.media?.uploadedId).toBeNull();
  });
});

describe('submitting', () => {
  it('is committed for the attempt that holds the claim, and extends its own lease', async () => {
    const id = await outbox.message(sender);
    await claim(id);
    const attempt = { messageId: id, attemptNo: 1 };
    expect(await submitAttempts(outbox.postgres, [attempt], 45)).toEqual(['submitted']);
    expect(await outbox.read(id)).toMatchObject({ status: 'sending', attempt_state: 'submitting' });
    expect(await outbox.attempts(id)).toMatchObject([{ state: 'submitting' }]);
    expect(await submitAttempts(outbox.postgres, [attempt], 90)).toEqual(['submitted']);
    expect((await outbox.read(id)).next_in_s).toBeGreaterThan(80);
  });

  it.each<[string, MessageColumns]>([
    ['lapsed and was released again', { attempt_state: null, generation: 2 }],
    ['was overtaken by another attempt', { attempt_no: 2, attempt_state: `'claimed'` }],
    ['was settled by a status webhook', { status: `'delivered'`, attempt_state: null, next_at: null }],
  ])('is refused when the claim %s', async (_why, columns) => {
    const id = await outbox.message(sender, { status: `'sending'`, attempt_no: 1, ...columns });
    expect(await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45)).toEqual(['gone']);
  });

  it('does not begin once the message has expired; one that has begun goes on', async () => {
    const [late = 0, begun = 0] = await outbox.messages(sender, 2);
    await claim(late);
    await claim(begun);
    expect(await submitAttempts(outbox.postgres, [{ messageId: begun, attemptNo: 1 }], 45)).toEqual(['submitted']);
    await outbox.run(`UPDATE messages SET expires_at = now() - interval '1 second' WHERE id IN ($1, $2)`, [
      late,
      begun,
    ]);
    const attempts = [late, begun].map((messageId) => ({ messageId, attemptNo: 1 }));
    expect(await submitAttempts(outbox.postgres, attempts, 45)).toEqual(['gone', 'submitted']);
    expect(await outbox.read(late)).toMatchObject({ attempt_state: 'claimed' });
  });

  it('answers for each of a group', async () => {
    const [mine = 0, lost = 0] = await outbox.messages(sender, 2);
    await claim(mine);
    const attempts = [lost, mine].map((messageId) => ({ messageId, attemptNo: 1 }));
    expect(await submitAttempts(outbox.postgres, attempts, 45)).toEqual(['gone', 'submitted']);
  });

  it('is not undone by a late extension of the claim', async () => {
    const id = await outbox.message(sender);
    await claim(id);
    await submitAttempts(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 45);
    expect(await extendClaims(outbox.postgres, [{ messageId: id, attemptNo: 1 }], 30)).toEqual([false]);
    expect(await outbox.read(id)).toMatchObject({ attempt_state: 'submitting' });
  });
});

describe('a message that somebody else has locked', () => {
  it('is waited for a short while only, and the connection is as before afterwards', async () => {
    const [locked = 0, free = 0] = await outbox.messages(sender, 2);
    const other = await outbox.postgres.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM messages WHERE id = $1 FOR UPDATE', [locked]);
      const begun = performance.now();
      await expect(claim(locked)).rejects.toMatchObject({ code: '55P03' });
      expect(performance.now() - begun).toBeLessThan(5000);
      await expect(submitAttempts(outbox.postgres, [{ messageId: locked, attemptNo: 0 }], 45)).resolves.toEqual([
        'gone',
      ]);
      expect((await claim(free))[0]?.id).toBe(free);
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
    const { rows } = await outbox.postgres.pool.query<{ lock_timeout: string }>('SHOW lock_timeout');
    expect(rows).toEqual([{ lock_timeout: '0' }]);
    expect((await claim(locked))[0]?.id).toBe(locked);
  });
});
